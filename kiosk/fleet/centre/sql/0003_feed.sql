-- Writing the feed. The row of munjigi.head stays locked until the transaction ends, so that numbers
-- have no gaps and stand in the order of commit.

-- Without a search_path of their own these are inlined; append(), which calls them, has one.
CREATE FUNCTION munjigi.part(kind text, content bytea) RETURNS bytea
LANGUAGE sql STABLE
AS $$ SELECT convert_to(kind, 'UTF8') || int4send(octet_length(content)) || content $$;

CREATE FUNCTION munjigi.part(content text) RETURNS bytea
LANGUAGE sql STABLE
AS $$ SELECT munjigi.part('s', convert_to(content, 'UTF8')) $$;

CREATE FUNCTION munjigi.part(content bigint) RETURNS bytea
LANGUAGE sql STABLE
AS $$ SELECT munjigi.part('i', convert_to(content::text, 'UTF8')) $$;

-- The link that covers a line and its signature, as kiosk/fleet/trust/feed_lines.py has it.
CREATE FUNCTION munjigi.link_of(fleet text, line munjigi.feed) RETURNS bytea
LANGUAGE sql STABLE
AS $$
    SELECT sha256(
        convert_to('munjigi feed 1', 'UTF8') || '\x00'::bytea
        || munjigi.part(
            'b',
            munjigi.part(fleet)
            || munjigi.part(line.number)
            || munjigi.part(line.kind)
            || munjigi.part(line.subject)
            || munjigi.part(line.version::bigint)
            || munjigi.part(cardinality(line.audience)::bigint)
            || coalesce(
                (
                    SELECT string_agg(munjigi.part(a.name), ''::bytea ORDER BY a.place)
                    FROM unnest(line.audience) WITH ORDINALITY AS a (name, place)
                ),
                ''::bytea
            )
            || munjigi.part('b', line.digest)
            || munjigi.part('b', line.previous)
            || munjigi.part((extract(epoch FROM line.at) * 1000000)::bigint)
            || munjigi.part(line.writer)
            || munjigi.part(line.account)
        )
        || munjigi.part('b', line.signature)
    )
$$;

-- The caller's node, if it may write these facts; null for the login that writes the first line.
-- A door without staff writes nothing, not even about itself: one line that nobody believes would
-- stop the whole fleet.
CREATE FUNCTION munjigi.writer(last_number bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    who text;
BEGIN
    IF last_number = 0 AND EXISTS (SELECT FROM munjigi.logins WHERE login = session_user) THEN
        RETURN munjigi.me();
    END IF;
    who := munjigi.admitted();
    IF NOT (SELECT may_write FROM munjigi.nodes WHERE node = who) THEN
        RAISE EXCEPTION 'a door without staff writes nothing' USING ERRCODE = 'MJ003';
    END IF;
    RETURN who;
END
$$;

-- Lock the head and return it, with the subjects whose newest version is not the given base.
CREATE FUNCTION munjigi.begin_append(kinds text[], subjects text[], bases int[])
RETURNS TABLE (number bigint, link bytea, stale jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off  -- plans are kept from when the tables were small
AS $$
DECLARE
    found munjigi.head;
BEGIN
    PERFORM munjigi.writer(h.number) FROM munjigi.head h;  -- who may not write takes no lock
    -- whatever the session says: nobody waits or keeps the head for long
    PERFORM set_config('lock_timeout', '10s', true),
        set_config('idle_in_transaction_session_timeout', '20s', true);
    SELECT * INTO found FROM munjigi.head FOR UPDATE;
    RETURN QUERY
        WITH given AS (
            SELECT
                g.kind, g.subject,
                g.base - (row_number() OVER (PARTITION BY g.kind, g.subject ORDER BY g.place)
                    - 1) AS base
            FROM unnest(kinds, subjects, bases) WITH ORDINALITY AS g (kind, subject, base, place)
        )
        SELECT found.number, found.link, coalesce(
            (
                SELECT jsonb_object_agg(g.subject, coalesce(f.version, 0))
                FROM given g
                LEFT JOIN munjigi.facts f ON f.kind = g.kind AND f.subject = g.subject
                WHERE g.base <> coalesce(f.version, 0) OR f.deleted
            ),
            '{}'
        );
END
$$;

-- What a node's newest fact says of it. Not for callers: append() uses it. No signature is verified
-- here, so what a node writes about itself gives it no right and takes none.
CREATE FUNCTION munjigi.keep_node(line munjigi.feed, body bytea) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    said jsonb;
    served text[];
BEGIN
    BEGIN
        said := convert_from(body, 'UTF8')::jsonb;
        served := ARRAY(SELECT jsonb_array_elements_text(said -> 'groups'));
        PERFORM (said ->> 'staff')::boolean, (said ->> 'revoked')::boolean;
    EXCEPTION WHEN others THEN
        RAISE EXCEPTION 'the fact of a node cannot be read' USING ERRCODE = 'MJ004';
    END;
    IF line.number > 1 AND line.writer = line.subject THEN
        RETURN;
    END IF;
    INSERT INTO munjigi.nodes AS n (node, name, sees_all, groups, may_write, revoked_at)
    VALUES (
        line.subject,
        coalesce(said ->> 'name', ''),
        '*' = ANY (served),
        served,
        coalesce((said ->> 'staff')::boolean, false),
        CASE WHEN (said ->> 'revoked')::boolean THEN line.number END
    )
    ON CONFLICT (node) DO UPDATE SET
        name = excluded.name, may_write = excluded.may_write,  -- groups stay those of the admission
        revoked_at = coalesce(n.revoked_at, excluded.revoked_at);
    DELETE FROM munjigi.join_requests j WHERE j.node = line.subject;
    IF (SELECT revoked_at FROM munjigi.nodes WHERE node = line.subject) IS NOT NULL THEN
        DELETE FROM munjigi.wrapped_keys w WHERE w.node = line.subject;
    END IF;
    PERFORM munjigi.find_gaps_of_node(line.subject);
END
$$;

-- Store one line and its body. Not for callers: append() uses it.
CREATE FUNCTION munjigi.keep_line(line munjigi.feed, body bytea) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO munjigi.feed SELECT line.*;
    INSERT INTO munjigi.facts AS f (kind, subject, version, number)
    VALUES (line.kind, line.subject, line.version, line.number)
    ON CONFLICT (subject, kind) DO UPDATE SET version = line.version, number = line.number;
    IF line.kind <> 'node' THEN
        DELETE FROM munjigi.bodies b WHERE b.kind = line.kind AND b.subject = line.subject;
    END IF;
    INSERT INTO munjigi.bodies (number, kind, subject, audience, body)
    VALUES (line.number, line.kind, line.subject, line.audience, body);
    IF line.kind = 'deletion' THEN
        DELETE FROM munjigi.bodies b WHERE b.kind = 'person' AND b.subject = line.subject;
        DELETE FROM munjigi.wrapped_keys w WHERE w.subject = line.subject;
        DELETE FROM munjigi.key_gaps g WHERE g.subject = line.subject;
        INSERT INTO munjigi.facts (kind, subject, version, number, deleted)
        VALUES ('person', line.subject, 0, line.number, true)
        ON CONFLICT (subject, kind) DO UPDATE SET deleted = true;
    ELSIF line.kind = 'node' THEN
        PERFORM munjigi.keep_node(line, body);
    END IF;
END
$$;

-- Write lines that begin_append() was called for in the same transaction.
CREATE FUNCTION munjigi.append(
    the_fleet text, lines jsonb, signatures bytea[], bodies bytea[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off  -- plans are kept from when the tables were small
AS $$
DECLARE
    who text;
    last munjigi.head;
    line munjigi.feed;
    said jsonb;
    newest munjigi.facts;
    known text;
BEGIN
    PERFORM munjigi.writer(h.number) FROM munjigi.head h;  -- who may not write takes no lock
    SELECT * INTO last FROM munjigi.head FOR UPDATE;
    who := munjigi.writer(last.number);  -- again: it may have been revoked meanwhile
    IF who IS NULL THEN
        who := lines -> 0 ->> 'writer';
        UPDATE munjigi.logins SET node = who WHERE login = session_user;
    END IF;
    SELECT fleet INTO known FROM munjigi.about;
    IF known IS NULL THEN
        UPDATE munjigi.about SET fleet = the_fleet;
    ELSIF known <> the_fleet THEN
        RAISE EXCEPTION 'another fleet' USING ERRCODE = 'MJ005';
    END IF;
    FOR i IN 1 .. jsonb_array_length(lines) LOOP
        said := lines -> (i - 1);
        line.number := (said ->> 'number')::bigint;
        line.kind := said ->> 'kind';
        line.subject := said ->> 'subject';
        line.version := (said ->> 'version')::int;
        line.audience := ARRAY(SELECT jsonb_array_elements_text(said -> 'audience'));
        line.digest := decode(said ->> 'digest', 'hex');
        line.previous := decode(said ->> 'previous', 'hex');
        line.at := (said ->> 'at')::timestamptz;
        line.writer := said ->> 'writer';
        line.account := said ->> 'account';
        line.signature := signatures[i];
        SELECT * INTO newest FROM munjigi.facts f
        WHERE f.kind = line.kind AND f.subject = line.subject;
        IF line.writer IS DISTINCT FROM who OR line.number <> last.number + 1 OR line.previous <> last.link
            OR line.version <> coalesce(newest.version, 0) + 1 OR newest.deleted
            OR line.digest <> sha256(bodies[i])
            OR line.number = 1 AND (line.kind <> 'node' OR line.subject <> who) THEN
            RAISE EXCEPTION 'line % does not follow', line.number USING ERRCODE = 'MJ004';
        END IF;
        PERFORM munjigi.keep_line(line, bodies[i]);
        last.number := line.number;
        last.link := munjigi.link_of(the_fleet, line);
    END LOOP;
    UPDATE munjigi.head SET number = last.number, link = last.link;
    PERFORM pg_notify('munjigi', last.number::text);
    RETURN last.number;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA munjigi FROM PUBLIC;
GRANT EXECUTE ON FUNCTION munjigi.begin_append(text[], text[], int[]),
    munjigi.append(text, jsonb, bytea[], bytea[]) TO {node};
