-- What the console reads: a row for each conversation, words to search, figures. Made anew by a worker from `change`.

create table change (
  seq integer primary key autoincrement, workspace_id text not null, conversation_id text not null,
  rewritten integer, at real not null
);

-- `revision` guards what is made of a conversation against what is erased in it meanwhile; `fed`: how far it has been.
create table inbox (
  workspace_id text not null, conversation_id text not null, seq integer not null, channel_id text not null,
  bot_id text not null, contact_id text not null, name text, address text not null,
  last_at real not null, last_role text not null, last_kind text not null, last_state text not null,
  preview text not null, contact_count integer not null, seen_count integer not null,
  waiting_since real, mode text not null, mode_until real, stage text,
  escalated_at real, escalation text, window_closes_at real, failed_at real, failure text,
  opted_out integer not null, tags text not null, revision integer not null default 1, fed blob not null default x'',
  primary key (workspace_id, conversation_id)
);
create index inbox_seq on inbox (workspace_id, seq);
create index inbox_newest on inbox (workspace_id, last_at, conversation_id);
create index inbox_mode on inbox (workspace_id, mode, last_at, conversation_id);
create index inbox_channel on inbox (workspace_id, channel_id, last_at, conversation_id);
create index inbox_bot on inbox (workspace_id, bot_id, last_at, conversation_id);
create index inbox_stage on inbox (workspace_id, stage, last_at, conversation_id) where stage is not null;
create index inbox_contact on inbox (workspace_id, contact_id);
create index inbox_unread on inbox (workspace_id, last_at, conversation_id) where contact_count > seen_count;
create index inbox_waiting on inbox (workspace_id, waiting_since, conversation_id) where waiting_since is not null;
create index inbox_escalated on inbox (workspace_id, last_at, conversation_id) where escalated_at is not null;
create index inbox_failed on inbox (workspace_id, last_at, conversation_id) where failed_at is not null;
create index inbox_closing on inbox (workspace_id, window_closes_at, conversation_id)
  where window_closes_at is not null;
create index inbox_lapse on inbox (mode_until) where mode_until is not null;
create index inbox_age on inbox (last_at) where preview <> '';

create table inbox_seq_of (
  workspace_id text not null, seq integer not null,
  primary key (workspace_id)
) without rowid;

create table inbox_tag (
  workspace_id text not null, tag text not null, last_at real not null, conversation_id text not null,
  primary key (workspace_id, tag, last_at, conversation_id)
) without rowid;
create index inbox_tag_of on inbox_tag (workspace_id, conversation_id);

-- `id` begins with the time, so that the index walks from the newest; those of names and numbers are below zero.
create table search_entry (
  id integer primary key, workspace_id text not null, conversation_id text not null,
  source text not null, seq integer not null, at real not null
);
create unique index search_entry_place on search_entry (workspace_id, conversation_id, source, seq);

-- A word leads with its workspace: the list of one is the workspace's own. The beginnings of words are kept too.
create virtual table search_index using fts5(
  words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '9 10'
);

create table figure (
  workspace_id text not null, hour integer not null, channel_id text not null, bot_id text not null,
  name text not null, value integer not null,
  primary key (workspace_id, hour, channel_id, bot_id, name)
) without rowid;

-- How far the conversations that were there before have been fed: the newest first.
create table backfill (
  workspace_id text not null, conversation_id text not null,
  primary key (workspace_id)
) without rowid;
insert into backfill select workspace_id, max(id) || 'x' from conversation group by workspace_id;
