-- Agents: what is known of contacts, what was said long ago, prompts and their versions, what models took in a day.

create table fact (
  workspace_id text not null, contact_id text not null, bot_id text not null, name text not null, value blob not null,
  conversation_id text not null, turn_no integer not null, at real not null,
  primary key (workspace_id, contact_id, bot_id, name)
) without rowid;

create table summary (
  workspace_id text not null, conversation_id text not null, text text not null, up_to real not null,
  made_at real not null,
  primary key (workspace_id, conversation_id)
) without rowid;

create table prompt (
  workspace_id text not null, bot_id text not null, version integer not null, text text not null,
  state text not null, created_at real not null, published_at real, note text not null,
  primary key (workspace_id, bot_id, version)
) without rowid;
create unique index prompt_published on prompt (workspace_id, bot_id) where state = 'published';

create table spend (
  workspace_id text not null, conversation_id text not null, day text not null, tokens integer not null,
  micros integer not null,
  primary key (workspace_id, conversation_id, day)
);
