-- Templates, as their providers told of them last.

create table template (
  workspace_id text not null, channel_id text not null, name text not null, language text not null,
  external_id text not null, status text not null, category text not null, quality text not null, reason text,
  definition blob not null, synced_at real not null,
  primary key (workspace_id, channel_id, name, language)
) without rowid;

create table template_sync (
  workspace_id text not null, channel_id text not null, look_at real not null, synced_at real, problem text,
  primary key (workspace_id, channel_id)
) without rowid;
