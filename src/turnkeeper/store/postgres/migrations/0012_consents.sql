-- What people have agreed to be sent.

create table consent (
  workspace_id text collate "C" not null, contact_id text collate "C" not null, purpose text collate "C" not null,
  granted boolean not null, source text not null, at double precision not null,
  conversation_id text collate "C" not null,
  primary key (workspace_id, contact_id, purpose)
);

alter table consent enable row level security;
create policy workspace on consent using (workspace_id = current_setting('turnkeeper.workspace', true));

do $$
begin
  grant select on consent to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
