-- Logs: each node appends its own rows. A month is a partition, by the time of storing.

CREATE FUNCTION munjigi.make_month(of_day timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    start timestamp := date_trunc('month', of_day AT TIME ZONE 'UTC');
    partition text := 'events_' || to_char(start, 'YYYY_MM');
BEGIN
    IF to_regclass('munjigi.' || partition) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('munjigi.events'));
    IF to_regclass('munjigi.' || partition) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format(
        'CREATE TABLE munjigi.%I PARTITION OF munjigi.events FOR VALUES FROM (%L) TO (%L)',
        partition, start AT TIME ZONE 'UTC', (start + interval '1 month') AT TIME ZONE 'UTC'
    );
END
$$;

-- Take the caller's rows that follow what is stored, ignore what is stored, refuse the rest.
-- Returns the newest sequence stored.
CREATE FUNCTION munjigi.push_events(
    sequences bigint[], kinds text[], ats timestamptz[], bodies bytea[], links bytea[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off  -- plans are kept from when the tables were small
AS $$
DECLARE
    who text := munjigi.admitted();
    last munjigi.log_heads;
    count int := cardinality(sequences);
    known int;
    stored bytea;
BEGIN
    IF count = 0 THEN
        RETURN coalesce((SELECT sequence FROM munjigi.log_heads WHERE node = who), 0);
    END IF;
    PERFORM munjigi.make_month(now());
    PERFORM munjigi.make_month(now() + interval '7 days');
    INSERT INTO munjigi.log_heads (node, first, sequence, link)
    VALUES (who, sequences[1], sequences[1] - 1, ''::bytea) ON CONFLICT DO NOTHING;
    SELECT * INTO last FROM munjigi.log_heads WHERE node = who FOR UPDATE;
    IF sequences[1] > last.sequence + 1 OR EXISTS (
        SELECT FROM unnest(sequences) WITH ORDINALITY AS g (sequence, place)
        WHERE g.sequence IS DISTINCT FROM sequences[1] + g.place - 1
    ) THEN
        RAISE EXCEPTION 'row % does not follow row %', sequences[1], last.sequence
            USING ERRCODE = 'MJ006';
    END IF;
    known := least(last.sequence - sequences[1] + 1, count);
    IF known > 0 THEN
        -- rows of a dropped month are not there any more; the newest link always is
        stored := CASE WHEN sequences[known] = last.sequence THEN last.link ELSE (
            SELECT e.link FROM munjigi.events e
            WHERE e.node = who AND e.sequence = sequences[known]
        ) END;
        IF stored IS NOT NULL AND stored <> links[known] THEN
            RAISE EXCEPTION 'row % is stored with another link', sequences[known]
                USING ERRCODE = 'MJ007';
        END IF;
    END IF;
    IF known >= count THEN
        RETURN last.sequence;
    END IF;
    INSERT INTO munjigi.events (node, sequence, kind, at, body, link)
    SELECT who, g.sequence, g.kind, g.at, g.body, g.link
    FROM unnest(sequences, kinds, ats, bodies, links) AS g (sequence, kind, at, body, link)
    WHERE g.sequence > last.sequence;
    UPDATE munjigi.log_heads
    SET sequence = sequences[count], link = links[count], stored_at = now() WHERE node = who;
    RETURN sequences[count];
END
$$;

-- Drop a month of everybody's rows; what is left says what was there. For the owner alone.
CREATE FUNCTION munjigi.drop_month(of_day timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    start timestamp := date_trunc('month', of_day AT TIME ZONE 'UTC');
    partition text := 'events_' || to_char(start, 'YYYY_MM');
    dropped bigint;
BEGIN
    IF to_regclass('munjigi.' || partition) IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format(
        'WITH ends AS (
            SELECT node, min(sequence) AS a, max(sequence) AS z, count(*) AS many
            FROM munjigi.%1$I GROUP BY node
        ), kept AS (
            INSERT INTO munjigi.log_removals (node, from_sequence, to_sequence, first_link,
                last_link)
            SELECT e.node, e.a, e.z,
                (SELECT link FROM munjigi.%1$I x WHERE x.node = e.node AND x.sequence = e.a),
                (SELECT link FROM munjigi.%1$I x WHERE x.node = e.node AND x.sequence = e.z)
            FROM ends e RETURNING 1
        ) SELECT coalesce(sum(many), 0) FROM ends', partition
    ) INTO dropped;
    EXECUTE format('DROP TABLE munjigi.%I', partition);
    RETURN dropped;
END
$$;

SELECT munjigi.make_month(now() + m * interval '1 month') FROM generate_series(0, 3) AS m;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA munjigi FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    munjigi.push_events(bigint[], text[], timestamptz[], bytea[], bytea[]) TO {node};
