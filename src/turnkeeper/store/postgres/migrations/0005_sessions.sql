-- Accounts that may be logged out: their last word, what may have been missed, and when somebody looks next.

create table account_state (
  workspace_id text collate "C" not null, channel_id text collate "C" not null, status text not null,
  works boolean not null, told_at double precision not null, known_at double precision not null,
  since_at double precision, look_at double precision,
  primary key (workspace_id, channel_id)
);

alter table account_state enable row level security;
create policy workspace on account_state using (workspace_id = current_setting('turnkeeper.workspace', true));

do $$
begin
  grant select on account_state to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
