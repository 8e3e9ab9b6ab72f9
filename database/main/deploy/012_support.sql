-- Section 4.2, support and notifications.
\set change 012_support
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE support_tickets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid REFERENCES users (id),
    subject varchar(255) NOT NULL,
    description text,
    category varchar(50),
    priority varchar(20) NOT NULL DEFAULT 'MEDIUM' CHECK (priority IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT')),
    status varchar(20) NOT NULL DEFAULT 'OPEN'
        CHECK (status IN ('OPEN', 'IN_PROGRESS', 'PENDING_USER', 'RESOLVED', 'CLOSED')),
    assigned_to uuid REFERENCES users (id),
    created_by uuid REFERENCES users (id),
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT support_tickets_resolved_when CHECK (status <> 'RESOLVED' OR resolved_at IS NOT NULL)
);
COMMENT ON COLUMN support_tickets.user_id IS 'Empty where somebody without an account writes.';
CREATE INDEX idx_support_tickets_user_id ON support_tickets (user_id);
CREATE INDEX idx_support_tickets_assigned_to ON support_tickets (assigned_to);
CREATE INDEX idx_support_tickets_created_by ON support_tickets (created_by);
CREATE INDEX idx_support_tickets_status ON support_tickets (status);
CREATE INDEX idx_support_tickets_priority ON support_tickets (priority);

CREATE TABLE support_ticket_messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id uuid NOT NULL REFERENCES support_tickets (id),
    author_id uuid NOT NULL REFERENCES users (id),
    message text NOT NULL,
    is_internal boolean NOT NULL DEFAULT false,
    attachments jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_support_ticket_messages_ticket_id ON support_ticket_messages (ticket_id);
CREATE INDEX idx_support_ticket_messages_author_id ON support_ticket_messages (author_id);
CREATE INDEX idx_support_ticket_messages_created_at ON support_ticket_messages (created_at);

CREATE TABLE notification_templates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(100) NOT NULL UNIQUE,
    type varchar(50) NOT NULL CHECK (type IN ('EMAIL', 'SMS', 'PUSH', 'IN_APP')),
    subject_template text,
    content_template text NOT NULL,
    variables jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Section 4.4: by month, so that what is past its 90 days goes with its partition.
CREATE TABLE notifications (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id),
    template_id uuid REFERENCES notification_templates (id),
    type varchar(50) NOT NULL CHECK (type IN ('EMAIL', 'SMS', 'PUSH', 'IN_APP')),
    title varchar(255),
    content text NOT NULL,
    data jsonb,
    status varchar(20) NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED')),
    read_at timestamptz,
    sent_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, created_at),
    CONSTRAINT notifications_read_when CHECK ((status = 'READ') = (read_at IS NOT NULL)),
    CONSTRAINT notifications_sent_when CHECK (status NOT IN ('SENT', 'DELIVERED') OR sent_at IS NOT NULL)
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_notifications_user_id ON notifications (user_id);
CREATE INDEX idx_notifications_template_id ON notifications (template_id);
CREATE INDEX idx_notifications_status ON notifications (status);
CREATE INDEX idx_notifications_created_at ON notifications (created_at);
\ir ../lib/record.sql
