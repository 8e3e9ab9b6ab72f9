\set objects 'notifications notification_templates support_ticket_messages support_tickets'
\ir ../lib/verify.sql
