-- What was offered as numbered text, what came before the message it is about, and what a number has sent in a day.

alter table conversation add column offered integer not null default 0;
alter table conversation add column early integer not null default 0;
alter table bucket add column spent blob not null default x'';
