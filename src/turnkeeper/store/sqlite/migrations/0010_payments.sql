-- Payments: what was asked for, where, and what became of it.

create table payment (
  workspace_id text not null, id text not null, conversation_id text not null, channel_id text not null,
  turn_no integer not null, name text not null, provider text not null, live integer not null,
  amount integer not null, currency text not null, description text not null, state text not null,
  created_at real not null, changed_at real not null, expires_at real, look_at real,
  external_id text, url text, charge_id text, paid_at real, refunded integer not null, reason text,
  void_at real,
  primary key (workspace_id, id)
) without rowid;
create unique index payment_reference on payment (id);
create index payment_external on payment (provider, external_id) where external_id is not null;
create index payment_charge on payment (provider, charge_id) where charge_id is not null;
create index payment_conversation on payment (workspace_id, conversation_id, created_at);
create index payment_look on payment (look_at) where look_at is not null;
