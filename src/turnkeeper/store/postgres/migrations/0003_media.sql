-- Files: what is kept, where each came from, and under which ids providers know them. `key` is the SHA-256 (hex).

create table file (
  workspace_id text collate "C" not null, key text collate "C" not null, mime text not null, size bigint not null,
  filename text not null, needed_at double precision not null, leaving_at double precision,
  primary key (workspace_id, key)
);
create index file_age on file (needed_at);

create table media (
  workspace_id text collate "C" not null, channel_id text collate "C" not null, source text collate "C" not null,
  conversation_id text collate "C" not null, turn_no bigint not null, state text not null,
  at double precision not null,
  key text collate "C", filename text, reason text, detail text,
  primary key (workspace_id, channel_id, source)
);
create index media_conversation on media ((workspace_id || e'\x1f' || conversation_id));
create index media_age on media (at);

create table upload (
  workspace_id text collate "C" not null, channel_id text collate "C" not null, key text collate "C" not null,
  mime text collate "C" not null, external_id text not null, valid_until double precision not null,
  primary key (workspace_id, channel_id, key, mime)
);
create index upload_age on upload (valid_until);

do $$
declare name text;
begin
  foreach name in array array['file', 'media', 'upload'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy workspace on %I
                    using (workspace_id = current_setting(''turnkeeper.workspace'', true))', name);
  end loop;
end $$;

do $$
begin
  grant select on file, media, upload to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
