"""Typed questions to a store. The only place with inline SELECT; everything asked for is a public relation.

Each question is one statement with its keys as literals: what runs is what "Show SQL" shows.
Rows come as dictionaries; only frames for charts import pandas, so that the command line starts fast.
"""

from driftline.queries.asking import NOTHING, TABLES, Connection, Row, Rows, Table, answer, ask
from driftline.queries.episodes import (
    EPISODE_FILTERS,
    PAGE,
    WORST_FIRST,
    episode_changes,
    episode_counts,
    episode_measures,
    episode_texts,
    listed_episodes,
    reference_texts,
    texts_to_score,
    unscored,
)
from driftline.queries.figures import (
    episode_points,
    episode_points_sql,
    flow,
    flow_limits,
    flow_limits_sql,
    flow_sql,
    scores,
    scores_sql,
)
from driftline.queries.matrices import KPI_COLUMNS, KPI_ROWS, delta_matrix, kpi_table
from driftline.queries.profiles import (
    default_profiles,
    profile_deltas,
    profile_list,
    spread,
    spread_sql,
    stage_deltas,
    trend,
    trend_sql,
)
from driftline.queries.remembering import Answers, Remembering
from driftline.queries.roots import loaded_counts, problem_rows, problems_sql, registry
from driftline.queries.runs import (
    causes,
    deltas,
    fingerprint_changes,
    groups,
    kpi_deltas,
    kpis,
    mixture,
    selectable_runs,
)

__all__ = [
    "EPISODE_FILTERS",
    "KPI_COLUMNS",
    "KPI_ROWS",
    "NOTHING",
    "PAGE",
    "TABLES",
    "WORST_FIRST",
    "Answers",
    "Connection",
    "Remembering",
    "Row",
    "Rows",
    "Table",
    "answer",
    "ask",
    "causes",
    "default_profiles",
    "delta_matrix",
    "deltas",
    "episode_changes",
    "episode_counts",
    "episode_measures",
    "episode_points",
    "episode_points_sql",
    "episode_texts",
    "fingerprint_changes",
    "flow",
    "flow_limits",
    "flow_limits_sql",
    "flow_sql",
    "groups",
    "kpi_deltas",
    "kpi_table",
    "kpis",
    "listed_episodes",
    "loaded_counts",
    "mixture",
    "problem_rows",
    "problems_sql",
    "profile_deltas",
    "profile_list",
    "reference_texts",
    "registry",
    "scores",
    "scores_sql",
    "selectable_runs",
    "spread",
    "spread_sql",
    "stage_deltas",
    "texts_to_score",
    "trend",
    "trend_sql",
    "unscored",
]
