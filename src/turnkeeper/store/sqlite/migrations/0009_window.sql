-- Ads open a longer window; what stood in for words outside it; timers that have a name, and that may come too late.

alter table conversation add column entry_at real;
alter table conversation add column fell_back integer not null default 0;
alter table timer add column name text not null default '';
alter table timer add column too_late_at real;
