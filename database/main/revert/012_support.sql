\set change 012_support
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'notifications notification_templates support_ticket_messages support_tickets'
\ir ../lib/empty.sql
DROP TABLE notifications, notification_templates, support_ticket_messages, support_tickets;
\ir ../lib/forget.sql
