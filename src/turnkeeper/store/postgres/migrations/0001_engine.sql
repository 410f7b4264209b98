-- The engine's tables. Instants are unix seconds (UTC). Column order is the order of the structs' fields.
-- Keys are text in byte order, so that the program and the database sort them alike (locks are taken in order).
-- Primary keys lead with the workspace. A second index of the same table leads with an expression: where two
-- indexes share a leading column, a plan made for an empty table may walk a whole workspace by the wrong one.

-- Every message rewrites its row three or four times, on indexed columns: room on the page, and eager vacuum.
create table conversation (
  workspace_id text collate "C" not null, id text collate "C" not null,
  channel_id text collate "C" not null, contact_id text collate "C" not null,
  addresses text not null, mode text not null, mode_until double precision,
  owner text collate "C", epoch bigint not null,
  in_last bigint not null, done_to bigint not null, out_last bigint not null, out_done bigint not null,
  unsent integer not null,
  turn_no bigint not null, turn_state text not null, attempt integer not null, claims integer not null,
  failures integer not null, irrevocable boolean not null, turn_first_at double precision,
  first_at double precision, last_at double precision, turn_at double precision, resume_at double precision,
  send_at double precision, due_at double precision,
  tat double precision, rate_noticed_at double precision, stale_noticed_at double precision,
  contact_at double precision,
  habit_bursts double precision not null, habit_gap double precision not null, habit_seen integer not null,
  opted_out boolean not null, follow_ups boolean not null, held_echoes integer not null,
  duplicates bigint not null,
  primary key (workspace_id, id)
) with (
  fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0
);
create index conversation_due on conversation (due_at) where due_at is not null;
create index conversation_owner on conversation (owner) where owner is not null;

create table contact (
  workspace_id text collate "C" not null, id text collate "C" not null, name text,
  created_at double precision not null,
  primary key (workspace_id, id)
);

create table address (
  workspace_id text collate "C" not null, channel_id text collate "C" not null, value text collate "C" not null,
  conversation_id text collate "C" not null, contact_id text collate "C" not null,
  primary key (workspace_id, channel_id, value)
);
create index address_conversation on address ((workspace_id || e'\x1f' || conversation_id));

-- An event's state changes twice, on columns without an index: a little room keeps that on its page.
create table event (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, seq bigint not null,
  channel_id text collate "C" not null,
  dedup bytea not null, external_id text, kind text not null, from_me boolean not null, body bytea not null,
  received_at double precision not null, state text not null, reason text, turn_no bigint,
  settled_at double precision,
  primary key (workspace_id, conversation_id, seq)
) with (fillfactor = 85);
create unique index event_dedup on event ((workspace_id || e'\x1f' || channel_id), dedup);

create table stray (
  workspace_id text collate "C" not null, channel_id text collate "C" not null, dedup bytea not null,
  state text not null, reason text not null, raw bytea not null, received_at double precision not null,
  deliveries integer not null default 1,
  primary key (workspace_id, channel_id, dedup)
);

create table outbound (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, seq bigint not null,
  channel_id text collate "C" not null,
  turn_no bigint not null, n integer not null, content bytea not null,
  state text not null, tries integer not null, failures integer not null,
  created_at double precision not null, expires_at double precision not null, hold_until double precision,
  sending_at double precision, settled_at double precision,
  external_id text collate "C", code text, reason text,
  accepted_at double precision, sent_at double precision, delivered_at double precision, read_at double precision,
  primary key (workspace_id, conversation_id, seq)
) with (fillfactor = 85);
create unique index outbound_turn on outbound ((workspace_id || e'\x1f' || conversation_id), turn_no, n);
create index outbound_external on outbound ((workspace_id || e'\x1f' || channel_id), external_id)
  where external_id is not null;

create table early_report (
  workspace_id text collate "C" not null, channel_id text collate "C" not null,
  external_id text collate "C" not null, status text not null,
  at double precision not null, code text, reason text, received_at double precision not null
);
create index early_report_external on early_report (workspace_id, channel_id, external_id);

create table turn (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, no bigint not null,
  state text not null,
  attempt integer not null, seq_from bigint not null, seq_to bigint not null,
  bot_id text not null, bot_version text not null, started_at double precision not null,
  committed_at double precision, committed_epoch bigint, trace text,
  primary key (workspace_id, conversation_id, no)
) with (fillfactor = 85);

create table step (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, turn_no bigint not null,
  attempt integer not null,
  name text collate "C" not null, occurrence integer not null, arguments text not null, effect boolean not null,
  began_at double precision not null, result bytea, done_at double precision,
  primary key (workspace_id, conversation_id, turn_no, attempt, name, occurrence)
);

create table session (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, state bytea not null, stage text,
  carried bytea not null, saved_at double precision not null,
  primary key (workspace_id, conversation_id)
) with (fillfactor = 70);

create table timer (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, id text collate "C" not null,
  channel_id text collate "C" not null,
  due_at double precision not null, follow_up boolean not null, body bytea not null,
  primary key (workspace_id, conversation_id, id)
);
create index timer_due on timer (due_at);

create table channel_pause (
  workspace_id text collate "C" not null, channel_id text collate "C" not null, reason text not null,
  paused_at double precision not null,
  primary key (workspace_id, channel_id)
);

create table worker (
  id text collate "C" not null primary key, started_at double precision not null, beat_at double precision not null,
  dead boolean not null default false
);

-- What retention has forgotten still counts.
create table ledger_archive (
  workspace_id text collate "C" not null, channel_id text collate "C" not null, state text not null,
  reason text not null, events bigint not null,
  primary key (workspace_id, channel_id, state, reason)
);

-- Retention takes the oldest first. B-trees, because they forget: a BRIN range that was emptied and filled anew
-- keeps its oldest instant for ever. Rows come in order of time, so each insert goes to the last leaf.
create index event_age on event (received_at);
create index outbound_age on outbound (created_at);
create index turn_age on turn (started_at);
create index step_age on step (began_at);
create index early_report_age on early_report (received_at);
create index stray_age on stray (received_at);

-- The shapes in which sets of rows are sent. Types of their own: a later column does not change them, so the
-- previous release goes on working.
do $$
declare name text;
begin
  foreach name in array array['conversation', 'contact', 'address', 'event', 'stray', 'outbound', 'early_report',
                              'turn', 'step', 'session', 'timer'] loop
    execute (
      select format('create type %I as (%s)', name || '_row',
                    string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum))
      from pg_attribute where attrelid = name::regclass and attnum > 0
    );
  end loop;
end $$;

-- The engine owns the tables and sees every workspace. Everybody else sees the one of the transaction's
-- setting, or nothing.
do $$
declare name text;
begin
  foreach name in array array['conversation', 'contact', 'address', 'event', 'stray', 'outbound', 'early_report',
                              'turn', 'step', 'session', 'timer', 'channel_pause', 'ledger_archive'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy workspace on %I
                    using (workspace_id = current_setting(''turnkeeper.workspace'', true))', name);
  end loop;
end $$;

-- The role of the API. A database whose owner may not make roles does without; an administrator can make it later.
do $$
begin
  if not exists (select from pg_roles where rolname = 'turnkeeper_api') then
    create role turnkeeper_api nologin;
  end if;
  execute format('grant turnkeeper_api to %I', current_user);
exception when insufficient_privilege or duplicate_object or unique_violation then
  raise notice 'the role turnkeeper_api was not made';
end $$;
do $$
begin
  execute format('grant usage on schema %I to turnkeeper_api', current_schema());
  grant select on conversation, contact, address, event, stray, outbound, early_report, turn, step, session, timer,
    channel_pause, ledger_archive to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
