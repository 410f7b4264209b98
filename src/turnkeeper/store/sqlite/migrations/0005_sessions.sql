-- Accounts that may be logged out: their last word, what may have been missed, and when somebody looks next.

create table account_state (
  workspace_id text not null, channel_id text not null, status text not null, works integer not null,
  told_at real not null, known_at real not null, since_at real, look_at real,
  primary key (workspace_id, channel_id)
) without rowid;
