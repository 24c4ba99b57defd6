-- The model is laid; questions may use every core again.
-- grain: settings of the connection
-- null: none
reset threads;
