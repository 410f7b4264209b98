-- Files: what is kept, where each came from, and under which ids providers know them. `key` is the SHA-256 (hex).

create table file (
  workspace_id text not null, key text not null, mime text not null, size integer not null, filename text not null,
  needed_at real not null, leaving_at real,
  primary key (workspace_id, key)
) without rowid;
create index file_age on file (needed_at);

create table media (
  workspace_id text not null, channel_id text not null, source text not null,
  conversation_id text not null, turn_no integer not null, state text not null, at real not null,
  key text, filename text, reason text, detail text,
  primary key (workspace_id, channel_id, source)
);
create index media_conversation on media (workspace_id, conversation_id);

create table upload (
  workspace_id text not null, channel_id text not null, key text not null, mime text not null,
  external_id text not null, valid_until real not null,
  primary key (workspace_id, channel_id, key, mime)
);
