-- What people have agreed to be sent.

create table consent (
  workspace_id text not null, contact_id text not null, purpose text not null, granted integer not null,
  source text not null, at real not null, conversation_id text not null,
  primary key (workspace_id, contact_id, purpose)
) without rowid;
