-- Who is asking, and which rows they see. Nobody but the functions below writes anything.

CREATE FUNCTION munjigi.me() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT node FROM munjigi.logins WHERE login = session_user $$;

-- The last line of the feed that the caller sees: null before admission.
CREATE FUNCTION munjigi.my_last_line() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(n.revoked_at, 9223372036854775807)
    FROM munjigi.nodes n WHERE n.node = munjigi.me()
$$;

-- The groups whose bodies the caller reads: null unless it is admitted.
CREATE FUNCTION munjigi.my_groups() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n.groups || '*'::text
    FROM munjigi.nodes n WHERE n.node = munjigi.me() AND n.revoked_at IS NULL
$$;

CREATE FUNCTION munjigi.i_see_all() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(bool_or(n.sees_all), false)
    FROM munjigi.nodes n WHERE n.node = munjigi.me() AND n.revoked_at IS NULL
$$;

-- The caller's node; refuses a login whose node is not admitted, or was revoked.
CREATE FUNCTION munjigi.admitted() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found munjigi.nodes;
BEGIN
    SELECT * INTO found FROM munjigi.nodes n WHERE n.node = munjigi.me();
    IF found.node IS NULL THEN
        RAISE EXCEPTION 'not admitted' USING ERRCODE = 'MJ001';
    END IF;
    IF found.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'revoked' USING ERRCODE = 'MJ002';
    END IF;
    RETURN found.node;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA munjigi FROM PUBLIC;
GRANT USAGE ON SCHEMA munjigi TO {node};
GRANT EXECUTE ON FUNCTION munjigi.me(), munjigi.my_last_line(), munjigi.my_groups(),
    munjigi.i_see_all() TO {node};
GRANT SELECT ON munjigi.about, munjigi.head, munjigi.feed, munjigi.bodies, munjigi.wrapped_keys,
    munjigi.events, munjigi.log_heads, munjigi.log_removals, munjigi.beats, munjigi.receipts,
    munjigi.join_requests, munjigi.nodes TO {node};

ALTER TABLE munjigi.logins ENABLE ROW LEVEL SECURITY;
ALTER TABLE munjigi.facts ENABLE ROW LEVEL SECURITY;
ALTER TABLE munjigi.key_gaps ENABLE ROW LEVEL SECURITY;

-- (SELECT f()) is computed once for a statement, f() once for a row
ALTER TABLE munjigi.feed ENABLE ROW LEVEL SECURITY;
-- "+ 0" keeps the planner from looking for these rows by an index, in place of the page's own
CREATE POLICY reading ON munjigi.feed FOR SELECT TO {node}
    USING (number + 0 <= (SELECT munjigi.my_last_line()) OR kind = 'node');

ALTER TABLE munjigi.bodies ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON munjigi.bodies FOR SELECT TO {node}
    USING (
        (SELECT munjigi.i_see_all())
        OR audience && (SELECT munjigi.my_groups())
        OR kind = 'node'
    );

ALTER TABLE munjigi.wrapped_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON munjigi.wrapped_keys FOR SELECT TO {node}
    USING (node = (SELECT munjigi.me()) AND (SELECT munjigi.my_groups()) IS NOT NULL);

ALTER TABLE munjigi.events ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON munjigi.events FOR SELECT TO {node}
    USING (node = (SELECT munjigi.me()) OR (SELECT munjigi.i_see_all()));

ALTER TABLE munjigi.log_heads ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON munjigi.log_heads FOR SELECT TO {node}
    USING (node = (SELECT munjigi.me()) OR (SELECT munjigi.my_groups()) IS NOT NULL);

ALTER TABLE munjigi.log_removals ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON munjigi.log_removals FOR SELECT TO {node}
    USING ((SELECT munjigi.my_groups()) IS NOT NULL);

ALTER TABLE munjigi.beats ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON munjigi.beats FOR SELECT TO {node}
    USING ((SELECT munjigi.my_groups()) IS NOT NULL);

ALTER TABLE munjigi.receipts ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON munjigi.receipts FOR SELECT TO {node}
    USING ((SELECT munjigi.my_groups()) IS NOT NULL);

ALTER TABLE munjigi.join_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON munjigi.join_requests FOR SELECT TO {node}
    USING (node = (SELECT munjigi.me()) OR (SELECT munjigi.my_groups()) IS NOT NULL);

ALTER TABLE munjigi.nodes ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON munjigi.nodes FOR SELECT TO {node} USING (true);
