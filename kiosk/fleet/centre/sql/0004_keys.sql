-- Wrapped keys, and which of them are missing.

-- Find again what a node lacks: the fleet's secrets, and keys of the bodies that it reads, as far
-- as they are sealed with a key.
CREATE FUNCTION munjigi.find_gaps_of_node(the_node text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM munjigi.key_gaps WHERE node = the_node;
    INSERT INTO munjigi.key_gaps (subject, node)
    SELECT DISTINCT s.subject, n.node
    FROM munjigi.nodes n
    JOIN (
        SELECT b.subject, b.audience FROM munjigi.bodies b WHERE b.kind <> 'node'
        UNION ALL
        SELECT '', '{*}'::text[]
    ) AS s ON n.sees_all OR s.audience && (n.groups || '*'::text)
    WHERE n.node = the_node AND n.revoked_at IS NULL
        AND EXISTS (SELECT FROM munjigi.wrapped_keys w WHERE w.subject = s.subject)
        AND NOT EXISTS (
            SELECT FROM munjigi.wrapped_keys w
            WHERE w.subject = s.subject AND w.node = the_node
        );
$$;

-- The same for some subjects and all nodes.
CREATE FUNCTION munjigi.find_gaps_of_subjects(subjects text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM munjigi.key_gaps WHERE subject = ANY (subjects);
    INSERT INTO munjigi.key_gaps (subject, node)
    SELECT DISTINCT s.subject, n.node
    FROM (
        SELECT b.subject, b.audience FROM munjigi.bodies b
        WHERE b.kind <> 'node' AND b.subject = ANY (subjects)
        UNION ALL
        SELECT '', '{*}'::text[] WHERE '' = ANY (subjects)
    ) AS s
    JOIN munjigi.nodes n ON n.sees_all OR s.audience && (n.groups || '*'::text)
    WHERE n.revoked_at IS NULL
        AND EXISTS (SELECT FROM munjigi.wrapped_keys w WHERE w.subject = s.subject)
        AND NOT EXISTS (
            SELECT FROM munjigi.wrapped_keys w WHERE w.subject = s.subject AND w.node = n.node
        );
$$;

-- Keep keys by admitted nodes for admitted nodes. Of two for one node the newer generation stays;
-- a key of a deleted person or for a revoked node is left out. renew: older generations of these
-- subjects open nothing any more.
CREATE FUNCTION munjigi.put_keys(
    subjects text[], nodes text[], generations bigint[], sealed bytea[], renew boolean
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off  -- plans are kept from when the tables were small
AS $$
DECLARE
    who text := munjigi.admitted();
BEGIN
    -- not even its own: rows that it keeps locked would hold up deletions and its revocation
    IF NOT (SELECT may_write FROM munjigi.nodes WHERE node = who) THEN
        RAISE EXCEPTION 'a door without staff writes nothing' USING ERRCODE = 'MJ003';
    END IF;
    IF renew THEN
        -- head is locked by begin_append() of the same transaction
        DELETE FROM munjigi.wrapped_keys w
        USING (
            SELECT g.subject, max(g.generation) AS generation
            FROM unnest(subjects, generations) AS g (subject, generation)
            GROUP BY g.subject
        ) AS newest
        WHERE w.subject = newest.subject AND w.generation < newest.generation;
    END IF;
    INSERT INTO munjigi.wrapped_keys AS w (subject, node, generation, sealed)
    SELECT DISTINCT ON (g.node, g.subject) g.subject, g.node, g.generation, g.sealed
    FROM unnest(subjects, nodes, generations, sealed) AS g (subject, node, generation, sealed)
    JOIN munjigi.nodes n ON n.node = g.node AND n.revoked_at IS NULL
    WHERE g.subject = '' OR NOT coalesce((
        SELECT bool_or(f.deleted) FROM munjigi.facts f WHERE f.subject = g.subject
    ), true)
    ORDER BY g.node, g.subject, g.generation DESC
    ON CONFLICT (node, subject) DO UPDATE
        SET generation = excluded.generation, sealed = excluded.sealed
        WHERE w.generation <= excluded.generation;
    PERFORM munjigi.find_gaps_of_subjects(subjects);
    IF NOT renew THEN
        PERFORM pg_notify('munjigi', 'keys');
    END IF;
END
$$;

-- Keys that other nodes lack and the caller has; each caller begins elsewhere.
CREATE FUNCTION munjigi.keys_missing(how_many int) RETURNS TABLE (subject text, node text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT g.subject, g.node
    FROM munjigi.key_gaps g
    JOIN munjigi.nodes n ON n.node = munjigi.me() AND n.may_write AND n.revoked_at IS NULL
    JOIN munjigi.wrapped_keys w ON w.subject = g.subject AND w.node = n.node
    ORDER BY g.subject <> '', hashtext(g.subject || w.node)
    LIMIT how_many
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA munjigi FROM PUBLIC;
GRANT EXECUTE ON FUNCTION munjigi.put_keys(text[], text[], bigint[], bytea[], boolean),
    munjigi.keys_missing(int) TO {node};
