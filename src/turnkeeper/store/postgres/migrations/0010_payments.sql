-- Payments: what was asked for, where, and what became of it.

create table payment (
  workspace_id text collate "C" not null, id text collate "C" not null,
  conversation_id text collate "C" not null, channel_id text collate "C" not null,
  turn_no bigint not null, name text not null, provider text collate "C" not null, live boolean not null,
  amount bigint not null, currency text not null, description text not null, state text not null,
  created_at double precision not null, changed_at double precision not null,
  expires_at double precision, look_at double precision,
  external_id text collate "C", url text, charge_id text collate "C", paid_at double precision,
  refunded bigint not null, reason text, void_at double precision,
  primary key (workspace_id, id)
);
create unique index payment_reference on payment (id);
create index payment_external on payment (provider, external_id) where external_id is not null;
create index payment_charge on payment (provider, charge_id) where charge_id is not null;
create index payment_conversation on payment ((workspace_id || e'\x1f' || conversation_id), created_at);
create index payment_look on payment (look_at) where look_at is not null;

alter table payment enable row level security;
create policy workspace on payment using (workspace_id = current_setting('turnkeeper.workspace', true));

do $$
begin
  grant select on payment to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
