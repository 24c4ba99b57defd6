-- Nothing is fetched and nothing is guessed: no extension is installed or loaded on demand.
-- grain: settings of the connection
-- null: none
set autoinstall_known_extensions = false;
set autoload_known_extensions = false;
-- The statements that follow are many and small: handing them to threads costs more than it saves.
set threads = 1;
