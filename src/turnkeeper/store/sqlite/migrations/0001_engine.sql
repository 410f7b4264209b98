-- The engine's tables. Instants are unix seconds (UTC). Column order is the order of the structs' fields.

create table conversation (
  workspace_id text not null, id text not null, channel_id text not null, contact_id text not null,
  addresses text not null, mode text not null, mode_until real,
  owner text, epoch integer not null,
  in_last integer not null, done_to integer not null, out_last integer not null, out_done integer not null,
  unsent integer not null,
  turn_no integer not null, turn_state text not null, attempt integer not null, claims integer not null,
  failures integer not null, irrevocable integer not null, turn_first_at real,
  first_at real, last_at real, turn_at real, resume_at real, send_at real, due_at real,
  tat real, rate_noticed_at real, stale_noticed_at real, contact_at real,
  habit_bursts real not null, habit_gap real not null, habit_seen integer not null,
  opted_out integer not null, follow_ups integer not null, held_echoes integer not null, duplicates integer not null,
  primary key (workspace_id, id)
) without rowid;
create index conversation_due on conversation (due_at) where due_at is not null;
create index conversation_owner on conversation (owner) where owner is not null;

create table contact (
  workspace_id text not null, id text not null, name text, created_at real not null,
  primary key (workspace_id, id)
) without rowid;

create table address (
  workspace_id text not null, channel_id text not null, value text not null,
  conversation_id text not null, contact_id text not null,
  primary key (workspace_id, channel_id, value)
) without rowid;
create index address_conversation on address (workspace_id, conversation_id);

-- Tables with bodies keep their rowid: appending to a hot conversation is twice as fast.
create table event (
  workspace_id text not null, conversation_id text not null, seq integer not null, channel_id text not null,
  dedup blob not null, external_id text, kind text not null, from_me integer not null, body blob not null,
  received_at real not null, state text not null, reason text, turn_no integer, settled_at real,
  primary key (workspace_id, conversation_id, seq)
);
create unique index event_dedup on event (workspace_id, channel_id, dedup);

create table stray (
  workspace_id text not null, channel_id text not null, dedup blob not null, state text not null,
  reason text not null, raw blob not null, received_at real not null, deliveries integer not null default 1,
  primary key (workspace_id, channel_id, dedup)
);

create table outbound (
  workspace_id text not null, conversation_id text not null, seq integer not null, channel_id text not null,
  turn_no integer not null, n integer not null, content blob not null,
  state text not null, tries integer not null, failures integer not null,
  created_at real not null, expires_at real not null, hold_until real, sending_at real, settled_at real,
  external_id text, code text, reason text,
  accepted_at real, sent_at real, delivered_at real, read_at real,
  primary key (workspace_id, conversation_id, seq)
);
create unique index outbound_turn on outbound (workspace_id, conversation_id, turn_no, n);
create index outbound_external on outbound (workspace_id, channel_id, external_id) where external_id is not null;

create table early_report (
  workspace_id text not null, channel_id text not null, external_id text not null, status text not null,
  at real not null, code text, reason text, received_at real not null
);
create index early_report_external on early_report (workspace_id, channel_id, external_id);

create table turn (
  workspace_id text not null, conversation_id text not null, no integer not null, state text not null,
  attempt integer not null, seq_from integer not null, seq_to integer not null,
  bot_id text not null, bot_version text not null, started_at real not null,
  committed_at real, committed_epoch integer, trace text,
  primary key (workspace_id, conversation_id, no)
);

create table step (
  workspace_id text not null, conversation_id text not null, turn_no integer not null, attempt integer not null,
  name text not null, occurrence integer not null, arguments text not null, effect integer not null,
  began_at real not null, result blob, done_at real,
  primary key (workspace_id, conversation_id, turn_no, attempt, name, occurrence)
);

create table session (
  workspace_id text not null, conversation_id text not null, state blob not null, stage text,
  carried blob not null, saved_at real not null,
  primary key (workspace_id, conversation_id)
);

create table timer (
  workspace_id text not null, conversation_id text not null, id text not null, channel_id text not null,
  due_at real not null, follow_up integer not null, body blob not null,
  primary key (workspace_id, conversation_id, id)
);
create index timer_due on timer (due_at);

create table channel_pause (
  workspace_id text not null, channel_id text not null, reason text not null, paused_at real not null,
  primary key (workspace_id, channel_id)
) without rowid;

create table worker (
  id text not null primary key, started_at real not null, beat_at real not null, dead integer not null default 0
) without rowid;

-- What retention has forgotten still counts.
create table ledger_archive (
  workspace_id text not null, channel_id text not null, state text not null, reason text not null,
  events integer not null,
  primary key (workspace_id, channel_id, state, reason)
) without rowid;
