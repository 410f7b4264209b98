-- What bots that keep nothing leave behind: up to where it is erased, and when somebody looks next.

create table erasure (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null,
  events_to bigint not null, rows_to bigint not null, turns_to bigint not null, due_at double precision,
  primary key (workspace_id, conversation_id)
) with (fillfactor = 70);
create index erasure_due on erasure (due_at) where due_at is not null;

create index media_key on media ((workspace_id || e'\x1f' || key)) where key is not null;

alter table erasure enable row level security;
create policy workspace on erasure using (workspace_id = current_setting('turnkeeper.workspace', true));

do $$
begin
  grant select on erasure to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
