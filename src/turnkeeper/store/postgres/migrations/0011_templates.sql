-- Templates, as their providers told of them last.

create table template (
  workspace_id text collate "C" not null, channel_id text collate "C" not null, name text collate "C" not null,
  language text collate "C" not null,
  external_id text not null, status text not null, category text not null, quality text not null, reason text,
  definition bytea not null, synced_at double precision not null,
  primary key (workspace_id, channel_id, name, language)
);

create table template_sync (
  workspace_id text collate "C" not null, channel_id text collate "C" not null,
  look_at double precision not null, synced_at double precision, problem text,
  primary key (workspace_id, channel_id)
);

alter table template enable row level security;
create policy workspace on template using (workspace_id = current_setting('turnkeeper.workspace', true));
alter table template_sync enable row level security;
create policy workspace on template_sync using (workspace_id = current_setting('turnkeeper.workspace', true));

do $$
begin
  grant select on template, template_sync to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
