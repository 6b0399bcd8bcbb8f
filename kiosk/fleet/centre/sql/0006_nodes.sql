-- What nodes say of themselves: the wish to join, beats, receipts of deletions.

-- Ask to be admitted. A login belongs to one node; until that is admitted it may ask again with
-- other keys.
CREATE FUNCTION munjigi.ask_to_join(
    the_node text, the_name text, the_kind text, the_signing bytea, the_sealing bytea,
    the_time timestamptz, the_signature bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mine munjigi.logins;
BEGIN
    SELECT * INTO mine FROM munjigi.logins WHERE login = session_user FOR UPDATE;
    IF mine.login IS NULL THEN
        RAISE EXCEPTION 'no login of this fleet' USING ERRCODE = 'MJ001';
    END IF;
    IF mine.node IS DISTINCT FROM the_node AND (
        EXISTS (SELECT FROM munjigi.nodes n WHERE n.node IN (mine.node, the_node))
        OR EXISTS (SELECT FROM munjigi.logins l WHERE l.node = the_node)
    ) THEN
        RAISE EXCEPTION 'the login belongs to another node' USING ERRCODE = 'MJ008';
    END IF;
    IF EXISTS (
        SELECT FROM munjigi.nodes n
        WHERE n.name = the_name AND n.node <> the_node AND n.revoked_at IS NULL
    ) OR EXISTS (
        SELECT FROM munjigi.join_requests j WHERE j.name = the_name AND j.login <> session_user
    ) THEN
        RAISE EXCEPTION 'the name is taken' USING ERRCODE = 'MJ009';
    END IF;
    UPDATE munjigi.logins SET node = the_node WHERE login = session_user;
    DELETE FROM munjigi.join_requests WHERE login = session_user;
    IF EXISTS (SELECT FROM munjigi.nodes n WHERE n.node = the_node) THEN
        RETURN;
    END IF;
    INSERT INTO munjigi.join_requests
    VALUES (the_node, session_user, the_name, the_kind, the_signing, the_sealing, the_time,
        the_signature);
    PERFORM pg_notify('munjigi', 'join');
END
$$;

CREATE FUNCTION munjigi.beat(
    the_node text, the_time timestamptz, the_number bigint, the_link bytea, the_sequence bigint,
    the_event_link bytea, the_state text, the_signature bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF the_node IS DISTINCT FROM munjigi.admitted() THEN
        RAISE EXCEPTION 'a node writes its own beat' USING ERRCODE = 'MJ004';
    END IF;
    INSERT INTO munjigi.beats
    VALUES (the_node, the_time, the_number, the_link, the_sequence, the_event_link, the_state,
        the_signature)
    ON CONFLICT (node) DO UPDATE SET
        at = excluded.at, number = excluded.number, link = excluded.link,
        sequence = excluded.sequence, event_link = excluded.event_link, state = excluded.state,
        signature = excluded.signature;
END
$$;

CREATE FUNCTION munjigi.put_receipt(
    the_node text, the_subject text, the_number bigint, the_time timestamptz, the_signature bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF the_node IS DISTINCT FROM munjigi.admitted() OR NOT EXISTS (
        SELECT FROM munjigi.feed f
        WHERE f.number = the_number AND f.kind = 'deletion' AND f.subject = the_subject
    ) THEN
        RAISE EXCEPTION 'no receipt of that' USING ERRCODE = 'MJ004';
    END IF;
    INSERT INTO munjigi.receipts (number, node, subject, at, signature)
    VALUES (the_number, the_node, the_subject, the_time, the_signature)
    ON CONFLICT DO NOTHING;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA munjigi FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    munjigi.ask_to_join(text, text, text, bytea, bytea, timestamptz, bytea),
    munjigi.beat(text, timestamptz, bigint, bytea, bigint, bytea, text, bytea),
    munjigi.put_receipt(text, text, bigint, timestamptz, bytea) TO {node};
