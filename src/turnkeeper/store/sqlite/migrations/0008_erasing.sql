-- What bots that keep nothing leave behind: up to where it is erased, and when somebody looks next.

create table erasure (
  workspace_id text not null, conversation_id text not null,
  events_to integer not null, rows_to integer not null, turns_to integer not null, due_at real,
  primary key (workspace_id, conversation_id)
) without rowid;
create index erasure_due on erasure (due_at) where due_at is not null;

create index media_key on media (workspace_id, key) where key is not null;
