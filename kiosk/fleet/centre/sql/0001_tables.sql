-- What the centre keeps. All of it belongs to the owner's role, which nobody signs in as.

CREATE TABLE munjigi.about (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    product text NOT NULL DEFAULT 'munjigi fleet',
    tag text NOT NULL,                  -- part of the names of this database's roles
    fleet text,                         -- set by the first line of the feed
    version int NOT NULL DEFAULT 0,     -- the newest migration
    works_with int NOT NULL DEFAULT 0   -- the oldest migration whose programs can use this schema
);

-- One row for each login role, and the node that signs in with it.
CREATE TABLE munjigi.logins (
    login text PRIMARY KEY,
    node text UNIQUE,
    made_at timestamptz NOT NULL DEFAULT now()
);

-- Admitted nodes, as their newest fact says.
CREATE TABLE munjigi.nodes (
    node text PRIMARY KEY,
    name text NOT NULL,
    sees_all boolean NOT NULL,
    groups text[] NOT NULL,
    may_write boolean NOT NULL,
    revoked_at bigint                   -- the feed's number that revoked it
);

CREATE TABLE munjigi.head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL DEFAULT 0,
    link bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
);
INSERT INTO munjigi.head DEFAULT VALUES;

CREATE TABLE munjigi.feed (
    number bigint PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL CHECK (subject ~ '^[0-9a-f]{32}$'),
    version int NOT NULL CHECK (version > 0),
    audience text[] NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    at timestamptz NOT NULL,
    writer text NOT NULL,
    account text NOT NULL CHECK (octet_length(account) <= 1000),
    signature bytea NOT NULL CHECK (octet_length(signature) <= 1000),
    UNIQUE (kind, subject, version)
);
CREATE INDEX feed_deletions ON munjigi.feed (number) WHERE kind = 'deletion';
CREATE INDEX feed_nodes ON munjigi.feed (number) WHERE kind = 'node';

-- The newest version of each fact.
CREATE TABLE munjigi.facts (
    kind text,
    subject text,
    version int NOT NULL,
    number bigint NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (subject, kind)
);

-- Bodies of the newest versions, and of every version of a node.
CREATE TABLE munjigi.bodies (
    number bigint PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    audience text[] NOT NULL,
    body bytea NOT NULL CHECK (octet_length(body) <= 4194304)
);
CREATE INDEX bodies_subject ON munjigi.bodies (subject, kind);
-- sealed bytes cannot be compressed
ALTER TABLE munjigi.bodies ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE munjigi.wrapped_keys (
    subject text CHECK (subject ~ '^([0-9a-f]{32})?$'),
    node text,
    generation bigint NOT NULL CHECK (generation >= 0),
    sealed bytea NOT NULL CHECK (octet_length(sealed) <= 4096),
    PRIMARY KEY (node, subject)
);
CREATE INDEX wrapped_keys_subject ON munjigi.wrapped_keys (subject, generation);

-- Keys that a node needs and does not have yet; kept by functions, so that asking costs little.
CREATE TABLE munjigi.key_gaps (
    subject text,
    node text,
    PRIMARY KEY (node, subject)
);
CREATE INDEX key_gaps_subject ON munjigi.key_gaps (subject);

CREATE TABLE munjigi.events (
    node text NOT NULL,
    sequence bigint NOT NULL,
    kind text NOT NULL CHECK (octet_length(kind) <= 20),
    at timestamptz NOT NULL,
    body bytea NOT NULL CHECK (octet_length(body) <= 1048576),
    link bytea NOT NULL CHECK (octet_length(link) <= 64),
    stored_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (stored_at);
ALTER TABLE munjigi.events ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX events_sequence ON munjigi.events (node, sequence);
CREATE INDEX events_at ON munjigi.events (node, at, sequence);

-- The newest row of each node's log that is stored here.
CREATE TABLE munjigi.log_heads (
    node text PRIMARY KEY,
    first bigint NOT NULL,
    sequence bigint NOT NULL,
    link bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);

-- What was dropped with a month: the rows from .. to, and the links at both ends.
CREATE TABLE munjigi.log_removals (
    node text,
    from_sequence bigint,
    to_sequence bigint NOT NULL,
    first_link bytea NOT NULL,
    last_link bytea NOT NULL,
    removed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (node, from_sequence)
);

CREATE TABLE munjigi.beats (
    node text PRIMARY KEY,
    at timestamptz NOT NULL,
    number bigint NOT NULL,
    link bytea NOT NULL CHECK (octet_length(link) <= 64),
    sequence bigint NOT NULL,
    event_link bytea NOT NULL CHECK (octet_length(event_link) <= 64),
    state text NOT NULL CHECK (octet_length(state) <= 65536),
    signature bytea NOT NULL CHECK (octet_length(signature) <= 1000)
);

CREATE TABLE munjigi.receipts (
    number bigint,
    node text,
    subject text NOT NULL,
    at timestamptz NOT NULL,
    signature bytea NOT NULL CHECK (octet_length(signature) <= 1000),
    PRIMARY KEY (number, node)
);

CREATE TABLE munjigi.join_requests (
    node text PRIMARY KEY CHECK (node ~ '^[0-9a-f]{32,64}$'),
    login text NOT NULL UNIQUE,
    name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 200),
    kind text NOT NULL CHECK (kind IN ('door', 'desk')),
    signing bytea NOT NULL CHECK (octet_length(signing) = 32),
    sealing bytea NOT NULL CHECK (octet_length(sealing) = 32),
    asked_at timestamptz NOT NULL,
    signature bytea NOT NULL CHECK (octet_length(signature) <= 1000)
);
