-- How fast each channel sends, and with which credentials it was refused. New columns may be left out by whoever does
-- not know them.

alter table conversation add column pair_tat real;
alter table outbound add column call_at real;
alter table outbound add column faults integer not null default 0;

create table bucket (
  workspace_id text not null, channel_id text not null, tat real not null, tail real not null,
  primary key (workspace_id, channel_id)
) without rowid;

create table channel_refusal (
  workspace_id text not null, channel_id text not null, credentials text not null,
  primary key (workspace_id, channel_id)
) without rowid;
