"""The name of the platform that measures, and the commit that is measured."""

from __future__ import annotations

import platform as system_platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from driftline.capture.platform import (
    Gpu,
    Machine,
    detect_platform,
    get_git_metadata,
    os_arch,
)

NO_ENVIRON: Mapping[str, str] = {}
A100 = Gpu("NVIDIA A100-SXM4-80GB", 80.0)


def unasked() -> NoReturn:
    raise AssertionError("a GPU was looked for")


def server(*gpus: Gpu, environ: Mapping[str, str] = NO_ENVIRON, architecture: str = "x86_64") -> Machine:
    return Machine(environ, "Linux", architecture, "AMD EPYC 7742", 251.6, lambda: gpus)


def mac(cpu: str | None, ram_gb: float | None, architecture: str = "arm64") -> Machine:
    return Machine({}, "Darwin", architecture, cpu, ram_gb, tuple)


def ci(environ: Mapping[str, str], system: str = "Linux") -> Machine:
    """A Mac chip in it, and GPUs that nobody may look for."""
    return Machine(environ, system, "arm64", "Apple M1", 7.0, unasked)


@pytest.mark.parametrize("given", ["M1_Mac_16GB", "Custom_Server", "  box 7/<b>é\t"])
def test_the_platform_overrides_what_is_detected(given: str) -> None:
    environ = {"PERFORMANCE_PLATFORM": given, "GITHUB_ACTIONS": "true", "RUNPOD_POD_ID": "x", "CI": "1"}

    assert detect_platform(ci(environ)) == given.strip()


@pytest.mark.parametrize(
    ("environ", "system", "named"),
    [
        ({"PERFORMANCE_PLATFORM": "  ", "CI": "true", "GITHUB_ACTIONS": "true"}, "Darwin", "GitHub_Actions_macOS"),
        ({"CI": "true", "GITHUB_ACTIONS": "true"}, "Linux", "GitHub_Actions_Linux"),
        ({"GITHUB_ACTIONS": "true", "CI": "false"}, "Windows", "GitHub_Actions_Windows"),
        ({"GITHUB_ACTIONS": "true", "RUNPOD_POD_ID": "x"}, "Linux", "GitHub_Actions_Linux"),
        ({"CI": "true", "GITHUB_ACTIONS": "false"}, "Darwin", "CI_Generic"),
        ({"CI": "woodpecker", "RUNPOD_POD_ID": " "}, "Linux", "CI_Generic"),
    ],
)
def test_a_ci_is_named_without_a_look_for_gpus(environ: dict[str, str], system: str, named: str) -> None:
    assert detect_platform(ci(environ, system)) == named


@pytest.mark.parametrize("value", ["", "0", "false", "False", "NO", "off", " "])
def test_a_ci_that_is_switched_off_is_none(value: str) -> None:
    environ = {"CI": value, "GITHUB_ACTIONS": value}

    assert detect_platform(server(A100, environ=environ)) == "A100_80GB"


@pytest.mark.parametrize(
    ("gpus", "named"),
    [
        ([A100], "RunPod_A100"),
        ([Gpu("NVIDIA GeForce RTX 4090", 23.99)], "RunPod_RTX_4090"),
        ([], "RunPod_Unknown"),
    ],
)
@pytest.mark.parametrize("value", ["", "true"])
def test_a_pod_is_named_by_its_gpu_with_and_without_ci(gpus: list[Gpu], named: str, value: str) -> None:
    assert detect_platform(server(*gpus, environ={"RUNPOD_POD_ID": "x7", "CI": value})) == named


@pytest.mark.parametrize(
    ("cpu", "ram_gb", "named"),
    [
        ("Apple M1", 16.0, "M1_Mac_16GB"),
        ("Apple M1", 15.6, "M1_Mac_16GB"),
        ("Apple M2", 32.0, "M2_Mac_32GB"),
        ("Apple M2 Pro", 32.0, "M2_Pro_Mac_32GB"),
        ("Apple M3 Pro", 17.7, "M3_Pro_Mac_18GB"),
        ("Apple M3 Ultra", 512.0, "M3_Ultra_Mac_512GB"),
        ("Apple M5", 32.0, "M5_Mac_32GB"),
        ("Apple M10", 16.0, "M10_Mac_16GB"),
        ("Apple A18 Pro", 8.0, "A18_Pro_Mac_8GB"),
        ("Apple M1 (Virtual)", 7.0, "M1_Virtual_Mac_7GB"),
        ("Apple M1", None, "M1_Mac"),
        ("arm64", 16.0, "Darwin_arm64"),
        (None, 16.0, "Darwin_arm64"),
    ],
)
def test_a_mac_is_named_by_its_chip_and_its_ram(cpu: str | None, ram_gb: float | None, named: str) -> None:
    assert detect_platform(mac(cpu, ram_gb)) == named


def test_a_chip_of_apple_under_linux_or_emulated_is_no_mac() -> None:
    assert detect_platform(Machine({}, "Linux", "arm64", "Apple M1", 16.0, tuple)) == "Linux_arm64"
    assert detect_platform(mac("Apple M1", 16.0, "x86_64")) == "Darwin_x86_64"
    assert detect_platform(mac("Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz", 16.0, "x86_64")) == "Darwin_x86_64"


# The memory in MiB is what the drivers of these GPUs say, with and without error correction.
@pytest.mark.parametrize(
    ("name", "mib", "named"),
    [
        ("NVIDIA GeForce RTX 4090", 24564, "RTX_4090_24GB"),
        ("GeForce RTX 2080 Ti", 11019, "RTX_2080_Ti_11GB"),
        ("NVIDIA GeForce RTX 4070 Ti SUPER", 16376, "RTX_4070_Ti_SUPER_16GB"),
        ("NVIDIA GeForce RTX 4060 Laptop GPU", 8188, "RTX_4060_Laptop_8GB"),
        ("NVIDIA GeForce RTX 2070 with Max-Q Design", 8192, "RTX_2070_Max-Q_8GB"),
        ("NVIDIA GeForce GTX 1060 6GB", 6078, "GTX_1060_6GB"),
        ("NVIDIA A100-SXM4-80GB", 81920, "A100_80GB"),
        ("NVIDIA A100 80GB PCIe", 81920, "A100_80GB"),
        ("NVIDIA A100-PCIE-40GB", 40536, "A100_40GB"),
        ("NVIDIA A100-SXM4-80GB", None, "A100_80GB"),
        ("NVIDIA A100-SXM4-80GB MIG 3g.40gb", 40192, "A100_MIG_3g.40gb_40GB"),
        ("NVIDIA H100 80GB HBM3", 81559, "H100_80GB"),
        ("NVIDIA H100 NVL", 95830, "H100_NVL_94GB"),
        ("NVIDIA H200", 143771, "H200_141GB"),
        ("NVIDIA B200", 183359, "B200_180GB"),
        ("NVIDIA GH200 480GB", 97871, "GH200_96GB"),
        ("NVIDIA GB10", None, "GB10"),
        ("NVIDIA RTX 6000 Ada Generation", 49140, "RTX_6000_Ada_48GB"),
        ("NVIDIA RTX 6000 Ada Generation", 46068, "RTX_6000_Ada_48GB"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", 97887, "RTX_PRO_6000_Blackwell_Workstation_96GB"),
        ("NVIDIA RTX A6000", 49140, "RTX_A6000_48GB"),
        ("Quadro RTX 6000", 22698, "Quadro_RTX_6000_24GB"),
        ("Tesla T4", 15109, "T4_16GB"),
        ("NVIDIA T400", 2048, "T400_2GB"),
        ("NVIDIA T400 4GB", 4096, "T400_4GB"),
        ("Tesla V100-SXM2-16GB", 16160, "V100_16GB"),
        ("NVIDIA L4", 23034, "L4_24GB"),
        ("NVIDIA L40S", 46068, "L40S_48GB"),
        ("AMD Instinct MI300X", 196592, "MI300X_192GB"),
        ("AMD Radeon RX 7900 XTX", 24560, "Radeon_RX_7900_XTX_24GB"),
        ("NVIDIA Z900-SXM9-84GB HBM5x", 86016, "Z900_84GB"),
        ("NVIDIA GeForce(TM) <b>X\u202e1", 512, "b_X_1_1GB"),
        ("NVIDIA", 4096, "NVIDIA_4GB"),
        ("显卡", 4096, "Unknown_4GB"),
    ],
)
def test_a_gpu_server_is_named_by_its_chip_and_the_memory_it_is_sold_with(
    name: str, mib: int | None, named: str
) -> None:
    assert detect_platform(server(Gpu(name, mib / 1024 if mib else None))) == named


def test_of_several_gpus_the_largest_gives_the_name() -> None:
    small, unknown = Gpu("NVIDIA T400", 2.0), Gpu("NVIDIA GB10", None)

    assert detect_platform(server(small, unknown, A100, A100)) == "A100_80GB"


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_any_other_machine_is_named_by_its_system(architecture: str) -> None:
    assert detect_platform(server(architecture=architecture)) == f"Linux_{architecture}"
    assert detect_platform(Machine({}, "", "", None, None, tuple)) == "Unknown_Unknown"


@pytest.mark.parametrize(
    ("system", "architecture", "named"),
    [
        ("Linux", "x86_64", "linux-x86_64"),
        ("Linux", "aarch64", "linux-arm64"),
        ("Darwin", "arm64", "darwin-arm64"),
        ("Windows", "AMD64", "windows-x86_64"),
        ("Windows", "ARM64", "windows-arm64"),
        ("FreeBSD", "riscv64", "freebsd-riscv64"),
        ("", "", "unknown-unknown"),
    ],
)
def test_system_and_architecture_have_one_spelling_each(
    monkeypatch: pytest.MonkeyPatch, system: str, architecture: str, named: str
) -> None:
    monkeypatch.setattr(system_platform, "system", lambda: system)
    monkeypatch.setattr(system_platform, "machine", lambda: architecture)

    assert os_arch() == named
    assert os_arch(Machine({}, system, architecture, None, None, unasked)) == named


def repository(folder: Path, *more: list[str]) -> str:
    """A repository with one commit on the branch `trunk`; the commit."""
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q", "-b", "trunk"], ["commit", "-q", "--allow-empty", "-m", "first"], *more):
        subprocess.run(["git", *who, *command], cwd=folder, check=True)
    said = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return said.stdout.strip()


def test_commit_and_branch_are_given_under_both_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = repository(tmp_path)
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_REF_NAME": "main"}
    expected = {"git_commit": commit, "git_branch": "trunk", "commit": commit, "branch": "trunk"}

    assert get_git_metadata(tmp_path, environ) == expected
    monkeypatch.chdir(tmp_path)
    assert get_git_metadata() == expected


@pytest.mark.parametrize(
    ("environ", "branch"),
    [
        ({"GITHUB_HEAD_REF": "fix", "GITHUB_REF_NAME": "12/merge", "GITHUB_ACTIONS": "true"}, "fix"),
        ({"GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "main", "GITHUB_ACTIONS": "true"}, "main"),
        ({"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1.2", "GITHUB_ACTIONS": "true"}, None),
        ({"GITHUB_REF_NAME": "main"}, None),
        ({}, None),
    ],
)
def test_the_branch_of_a_detached_checkout_is_what_the_action_says(
    tmp_path: Path, environ: dict[str, str], branch: str | None
) -> None:
    commit = repository(tmp_path, ["checkout", "-q", "--detach"])

    assert get_git_metadata(tmp_path, environ) == {
        "git_commit": commit, "git_branch": branch, "commit": commit, "branch": branch
    }  # fmt: skip


def test_without_a_repository_nothing_is_known_of_the_code(tmp_path: Path) -> None:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_REF_NAME": "main"}

    assert set(get_git_metadata(tmp_path, environ).values()) == {None}
