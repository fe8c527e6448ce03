CREATE TABLE clock_offset (
    id INTEGER NOT NULL,
    seconds BIGINT NOT NULL,
    CONSTRAINT pk_clock_offset PRIMARY KEY (id),
    CONSTRAINT ck_clock_offset_single CHECK (id = 1),
    CONSTRAINT ck_clock_offset_forward CHECK (seconds >= 0)
);

CREATE TABLE effect (
    id VARCHAR(40) NOT NULL,
    kind VARCHAR(60) NOT NULL,
    natural_key VARCHAR(200) NOT NULL,
    params JSONB NOT NULL,
    state VARCHAR(10) NOT NULL,
    generation INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    provider_ref VARCHAR(120),
    last_error TEXT,
    planned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_try_at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_sent_at TIMESTAMP WITH TIME ZONE,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_effect PRIMARY KEY (id),
    CONSTRAINT uq_effect_kind_natural_key UNIQUE (kind, natural_key),
    CONSTRAINT ck_effect_state CHECK (state IN ('intent','sending','unknown','done','failed')),
    CONSTRAINT ck_effect_counts CHECK (generation >= 1 AND attempts >= 0)
);

CREATE INDEX ix_effect_open ON effect (next_try_at) WHERE state IN ('intent','sending','unknown');

CREATE TABLE request_record (
    id VARCHAR(40) NOT NULL,
    owner VARCHAR(80) NOT NULL,
    route VARCHAR(120) NOT NULL,
    key VARCHAR(80) NOT NULL,
    body_hash BYTEA NOT NULL,
    location VARCHAR(300),
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_request_record PRIMARY KEY (id),
    CONSTRAINT uq_request_record_owner_route_key UNIQUE (owner, route, key)
);

CREATE TABLE audit_entry (
    id VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR(80) NOT NULL,
    subject_id VARCHAR(40),
    action VARCHAR(60) NOT NULL,
    object_kind VARCHAR(40) NOT NULL,
    object_ref VARCHAR(120) NOT NULL,
    reason TEXT,
    request_id VARCHAR(40),
    commitment BYTEA NOT NULL,
    CONSTRAINT pk_audit_entry PRIMARY KEY (id)
);

CREATE INDEX ix_audit_entry_object ON audit_entry (object_kind, object_ref, at);

CREATE INDEX ix_audit_entry_subject ON audit_entry (subject_id, at);

CREATE INDEX ix_audit_entry_at ON audit_entry (at);

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;

CREATE TRIGGER audit_entry_append_only BEFORE UPDATE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE audit_seal (
    seq BIGINT NOT NULL,
    entry_id VARCHAR(40) NOT NULL,
    leaf BYTEA NOT NULL,
    chained BYTEA NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_audit_seal PRIMARY KEY (seq),
    CONSTRAINT uq_audit_seal_entry_id UNIQUE (entry_id)
);

CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE ON audit_seal FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE outgoing_mail (
    id VARCHAR(40) NOT NULL,
    person_id VARCHAR(40),
    to_address VARCHAR(320),
    template VARCHAR(80) NOT NULL,
    values JSONB,
    locale VARCHAR(8) NOT NULL,
    state VARCHAR(10) NOT NULL,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    queued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_try_at TIMESTAMP WITH TIME ZONE NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_outgoing_mail PRIMARY KEY (id),
    CONSTRAINT ck_outgoing_mail_state CHECK (state IN ('queued','sent','refused'))
);

CREATE INDEX ix_outgoing_mail_person ON outgoing_mail (person_id, queued_at);

CREATE INDEX ix_outgoing_mail_waiting ON outgoing_mail (next_try_at) WHERE state = 'queued';

CREATE TABLE notice (
    id VARCHAR(40) NOT NULL,
    person_id VARCHAR(40) NOT NULL,
    kind VARCHAR(60) NOT NULL,
    values JSONB NOT NULL,
    link VARCHAR(300) NOT NULL,
    posted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_notice PRIMARY KEY (id)
);

CREATE INDEX ix_notice_unseen ON notice (person_id) WHERE seen_at IS NULL;

CREATE INDEX ix_notice_person ON notice (person_id, posted_at);

CREATE TABLE person (
    id VARCHAR(40) NOT NULL,
    email VARCHAR(254) NOT NULL,
    email_verified_at TIMESTAMP WITH TIME ZONE,
    display_name VARCHAR(60) NOT NULL,
    locale VARCHAR(8) NOT NULL,
    time_zone VARCHAR(64) NOT NULL,
    theme VARCHAR(8) NOT NULL,
    age_rule VARCHAR(32) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_person PRIMARY KEY (id)
);

CREATE INDEX ix_person_email ON person (lower(email));

CREATE UNIQUE INDEX uq_person_confirmed_email ON person (lower(email)) WHERE email_verified_at IS NOT NULL;

CREATE TABLE limit_bucket (
    key_hash BYTEA NOT NULL,
    limit_name VARCHAR(32) NOT NULL,
    used INTEGER NOT NULL,
    window_ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_limit_bucket PRIMARY KEY (key_hash)
);

CREATE TABLE legal_document (
    id VARCHAR(40) NOT NULL,
    kind VARCHAR(24) NOT NULL,
    version INTEGER NOT NULL,
    locale VARCHAR(8) NOT NULL,
    authoritative BOOLEAN NOT NULL,
    title VARCHAR(120) NOT NULL,
    body TEXT NOT NULL,
    body_sha256 BYTEA NOT NULL,
    posted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    effective_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_legal_document PRIMARY KEY (id),
    CONSTRAINT uq_legal_document_kind_version_locale UNIQUE (kind, version, locale),
    CONSTRAINT ck_legal_document_notice_of_change CHECK (version = 1 OR effective_at >= posted_at + interval '14 days')
);

CREATE UNIQUE INDEX uq_legal_document_authoritative ON legal_document (kind, version) WHERE authoritative;

CREATE TRIGGER legal_document_append_only BEFORE UPDATE OR DELETE ON legal_document FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE stored_file (
    id VARCHAR(40) NOT NULL,
    owner_id VARCHAR(40) NOT NULL,
    scope_kind VARCHAR(20) NOT NULL,
    scope_id VARCHAR(40) NOT NULL,
    purpose VARCHAR(20) NOT NULL,
    original_name TEXT NOT NULL,
    content_type VARCHAR(80) NOT NULL,
    byte_size BIGINT NOT NULL,
    sha256 VARCHAR(64),
    object_key VARCHAR(80) NOT NULL,
    state VARCHAR(12) NOT NULL,
    state_at TIMESTAMP WITH TIME ZONE NOT NULL,
    rested_in VARCHAR(12),
    facts JSONB,
    findings JSONB,
    modified_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    purge_at TIMESTAMP WITH TIME ZONE,
    purge_reason VARCHAR(40),
    extended_at TIMESTAMP WITH TIME ZONE,
    expiring_since TIMESTAMP WITH TIME ZONE,
    last_grant_at TIMESTAMP WITH TIME ZONE,
    missing_since TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_stored_file PRIMARY KEY (id),
    CONSTRAINT ck_stored_file_state CHECK (state IN ('declared','uploading','assembled','checking','ready','rejected','quarantined','expiring','purging','purged','abandoned')),
    CONSTRAINT ck_stored_file_size CHECK (byte_size >= 1),
    CONSTRAINT ck_stored_file_sha256 CHECK (sha256 IS NULL OR length(sha256) = 64),
    CONSTRAINT ck_stored_file_ready_is_hashed CHECK (state <> 'ready' OR sha256 IS NOT NULL),
    CONSTRAINT ck_stored_file_expiring CHECK ((state = 'expiring') = (expiring_since IS NOT NULL)),
    CONSTRAINT uq_stored_file_object_key UNIQUE (object_key)
);

CREATE INDEX ix_stored_file_moving ON stored_file (state) WHERE state IN ('declared','uploading','assembled','checking','expiring','purging');

CREATE INDEX ix_stored_file_scope ON stored_file (scope_kind, scope_id);

CREATE INDEX ix_stored_file_purge_at ON stored_file (purge_at) WHERE purge_at IS NOT NULL;

CREATE INDEX ix_stored_file_owner_id ON stored_file (owner_id);

CREATE TABLE file_hold (
    id VARCHAR(40) NOT NULL,
    scope_kind VARCHAR(20) NOT NULL,
    scope_id VARCHAR(40) NOT NULL,
    reason VARCHAR(40) NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lifted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_file_hold PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ux_file_hold_live ON file_hold (scope_kind, scope_id, reason) WHERE lifted_at IS NULL;

CREATE TABLE file_retention_notice (
    scope_kind VARCHAR(20) NOT NULL,
    scope_id VARCHAR(40) NOT NULL,
    purge_at TIMESTAMP WITH TIME ZONE NOT NULL,
    days_before INTEGER NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_file_retention_notice PRIMARY KEY (scope_kind, scope_id, purge_at, days_before)
);

CREATE TABLE store_sweep (
    id VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    objects_seen INTEGER NOT NULL,
    objects_removed INTEGER NOT NULL,
    strangers_seen INTEGER NOT NULL,
    uploads_aborted INTEGER NOT NULL,
    files_missing INTEGER NOT NULL,
    CONSTRAINT pk_store_sweep PRIMARY KEY (id)
);

CREATE TABLE store_capability (
    endpoint VARCHAR(200) NOT NULL,
    bucket VARCHAR(80) NOT NULL,
    probed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    checksum_mode VARCHAR(16) NOT NULL,
    conditional_put BOOLEAN NOT NULL,
    versioning VARCHAR(12) NOT NULL,
    lifecycle BOOLEAN NOT NULL,
    cors_ours BOOLEAN NOT NULL,
    cors_closed BOOLEAN NOT NULL,
    clock_skew_s INTEGER NOT NULL,
    anonymous_refused BOOLEAN NOT NULL,
    expired_refused BOOLEAN NOT NULL,
    tampered_refused BOOLEAN NOT NULL,
    list_parts BOOLEAN NOT NULL,
    list_uploads BOOLEAN NOT NULL,
    CONSTRAINT pk_store_capability PRIMARY KEY (endpoint, bucket)
);

CREATE TABLE ledger_account (
    id VARCHAR(200) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    owner VARCHAR(40) NOT NULL,
    subject VARCHAR(80) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    CONSTRAINT pk_ledger_account PRIMARY KEY (id),
    CONSTRAINT ck_ledger_account_currency CHECK (right(id, 4) = ':' || currency)
);

CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: book a correcting journal instead'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER ledger_account_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

CREATE TABLE journal (
    id VARCHAR(40) NOT NULL,
    sequence INTEGER NOT NULL,
    key VARCHAR(300) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    subject VARCHAR(80) NOT NULL,
    fact JSONB NOT NULL,
    provider_txn VARCHAR(255),
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    booked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_journal PRIMARY KEY (id),
    CONSTRAINT uq_journal_key UNIQUE (key),
    CONSTRAINT uq_journal_provider_txn UNIQUE (provider_txn)
);

CREATE INDEX ix_journal_subject ON journal (subject, sequence);

CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

CREATE TABLE ledger_balance (
    account_id VARCHAR(200) NOT NULL,
    slot INTEGER NOT NULL,
    amount_minor BIGINT NOT NULL,
    CONSTRAINT pk_ledger_balance PRIMARY KEY (account_id, slot)
);

CREATE TABLE payment (
    id VARCHAR(40) NOT NULL,
    purpose VARCHAR(20) NOT NULL,
    subject_id VARCHAR(40) NOT NULL,
    payer_id VARCHAR(40) NOT NULL,
    title TEXT NOT NULL,
    price_minor BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    shares JSONB NOT NULL,
    state VARCHAR(12) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    paid_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_payment PRIMARY KEY (id),
    CONSTRAINT uq_payment_purpose_subject_id UNIQUE (purpose, subject_id),
    CONSTRAINT ck_payment_price CHECK (price_minor > 0),
    CONSTRAINT ck_payment_state CHECK (state IN ('open','processing','held','released','refunded','closed','blocked'))
);

CREATE INDEX ix_payment_payer ON payment (payer_id);

CREATE TABLE payee (
    person_id VARCHAR(40) NOT NULL,
    account_id VARCHAR(255),
    country VARCHAR(2) NOT NULL,
    transfers VARCHAR(20) NOT NULL,
    payouts_enabled BOOLEAN NOT NULL,
    details_submitted BOOLEAN NOT NULL,
    currently_due INTEGER NOT NULL,
    disabled_reason VARCHAR(120),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    looked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_payee PRIMARY KEY (person_id),
    CONSTRAINT uq_payee_account_id UNIQUE (account_id)
);

CREATE TABLE stripe_event (
    id VARCHAR(255) NOT NULL,
    endpoint VARCHAR(10) NOT NULL,
    type VARCHAR(255) NOT NULL,
    object_id VARCHAR(255),
    intent_id VARCHAR(255),
    "group" VARCHAR(255),
    account VARCHAR(255),
    payload BYTEA,
    state VARCHAR(10) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    handled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_stripe_event PRIMARY KEY (id),
    CONSTRAINT ck_stripe_event_state CHECK (state IN ('stored','handled','unknown','orphan'))
);

CREATE INDEX ix_stripe_event_stored ON stripe_event (received_at) WHERE state = 'stored';

CREATE TABLE provider_movement (
    id VARCHAR(255) NOT NULL,
    kind VARCHAR(60) NOT NULL,
    source VARCHAR(255),
    net_minor BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_provider_movement PRIMARY KEY (id)
);

CREATE TABLE ledger_cursor (
    name VARCHAR(40) NOT NULL,
    read_to TIMESTAMP WITH TIME ZONE NOT NULL,
    ran_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_ledger_cursor PRIMARY KEY (name)
);

CREATE TABLE ledger_alarm (
    id VARCHAR(40) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    subject VARCHAR(300) NOT NULL,
    facts JSONB NOT NULL,
    raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_ledger_alarm PRIMARY KEY (id)
);

CREATE UNIQUE INDEX uq_ledger_alarm_open ON ledger_alarm (kind, subject) WHERE closed_at IS NULL;

CREATE TABLE mix_order (
    id VARCHAR(40) NOT NULL,
    version INTEGER NOT NULL,
    client_id VARCHAR(40) NOT NULL,
    engineer_id VARCHAR(40) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR(20) NOT NULL,
    state_since TIMESTAMP WITH TIME ZONE NOT NULL,
    deadline_at TIMESTAMP WITH TIME ZONE,
    deadline_event VARCHAR(24),
    look_at TIMESTAMP WITH TIME ZONE,
    due_at TIMESTAMP WITH TIME ZONE,
    awaiting_statement_of VARCHAR(12),
    statement_since TIMESTAMP WITH TIME ZONE,
    approved_at TIMESTAMP WITH TIME ZONE,
    approved_by_click BOOLEAN,
    clears_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    title VARCHAR(120) NOT NULL,
    artist VARCHAR(120) NOT NULL,
    brief TEXT NOT NULL,
    stem_list JSONB NOT NULL,
    loudness_lufs FLOAT,
    package_id VARCHAR(40),
    package_version INTEGER,
    offer_number INTEGER,
    price_minor BIGINT,
    currency VARCHAR(3) NOT NULL,
    shares JSONB NOT NULL,
    turnaround_days SMALLINT,
    revisions SMALLINT NOT NULL,
    rounds_used SMALLINT NOT NULL,
    max_stems SMALLINT NOT NULL,
    deliverables JSONB NOT NULL,
    sample_rate_hz INTEGER,
    bit_depth SMALLINT,
    start_work_consent VARCHAR(40),
    payment_state VARCHAR(20) NOT NULL,
    kept_minor BIGINT,
    refund_minor BIGINT,
    settled_why VARCHAR(24),
    CONSTRAINT pk_mix_order PRIMARY KEY (id),
    CONSTRAINT ck_mix_order_state CHECK (state IN ('draft', 'quoting', 'offered', 'awaiting_payment', 'payment_pending', 'awaiting_files', 'intake', 'in_progress', 'delivered', 'revising', 'settling_terms', 'disputed', 'approved', 'releasing', 'completed', 'refund_due', 'refund_stuck', 'closed_refunded', 'expired', 'declined')),
    CONSTRAINT ck_mix_order_payment_state CHECK (payment_state IN ('none', 'open', 'processing', 'held', 'released', 'partially_refunded', 'refunded')),
    CONSTRAINT ck_mix_order_two_people CHECK (client_id <> engineer_id),
    CONSTRAINT ck_mix_order_price CHECK (price_minor IS NULL OR price_minor > 0),
    CONSTRAINT ck_mix_order_deadline CHECK ((deadline_at IS NULL) = (deadline_event IS NULL)),
    CONSTRAINT ck_mix_order_settlement CHECK (kept_minor IS NULL OR (kept_minor >= 0 AND refund_minor >= 0 AND kept_minor + refund_minor = price_minor))
);

CREATE INDEX ix_mix_order_look ON mix_order (look_at) WHERE look_at IS NOT NULL;

CREATE INDEX ix_mix_order_client ON mix_order (client_id, created_at);

CREATE INDEX ix_mix_order_engineer ON mix_order (engineer_id, created_at);

CREATE TABLE audit_payload (
    entry_id VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    salt BYTEA NOT NULL,
    payload JSONB NOT NULL,
    CONSTRAINT pk_audit_payload PRIMARY KEY (entry_id),
    CONSTRAINT fk_audit_payload_entry_id_audit_entry FOREIGN KEY(entry_id) REFERENCES audit_entry (id)
);

CREATE TRIGGER audit_payload_append_only BEFORE UPDATE ON audit_payload FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE password_record (
    person_id VARCHAR(40) NOT NULL,
    record BYTEA NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_password_record PRIMARY KEY (person_id),
    CONSTRAINT fk_password_record_person_id_person FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE TABLE mail_link (
    id VARCHAR(40) NOT NULL,
    person_id VARCHAR(40) NOT NULL,
    purpose VARCHAR(24) NOT NULL,
    token_hash BYTEA NOT NULL,
    browser_hash BYTEA,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_mail_link PRIMARY KEY (id),
    CONSTRAINT fk_mail_link_person_id_person FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE,
    CONSTRAINT uq_mail_link_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_mail_link_person_id ON mail_link (person_id);

CREATE TABLE sign_in_session (
    id VARCHAR(40) NOT NULL,
    person_id VARCHAR(40) NOT NULL,
    token_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ip VARCHAR(45),
    user_agent TEXT,
    CONSTRAINT pk_sign_in_session PRIMARY KEY (id),
    CONSTRAINT fk_sign_in_session_person_id_person FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE,
    CONSTRAINT uq_sign_in_session_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_sign_in_session_person_id ON sign_in_session (person_id);

CREATE TABLE capability_grant (
    id BIGSERIAL NOT NULL,
    person_id VARCHAR(40) NOT NULL,
    capability VARCHAR(24) NOT NULL,
    granted_by VARCHAR(48) NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_capability_grant PRIMARY KEY (id),
    CONSTRAINT fk_capability_grant_person_id_person FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX uq_capability_grant_live ON capability_grant (person_id, capability) WHERE revoked_at IS NULL;

CREATE TABLE consent_event (
    seq BIGINT NOT NULL,
    subject_ref VARCHAR(40) NOT NULL,
    subject_key_hash BYTEA,
    kind VARCHAR(40) NOT NULL,
    document_id VARCHAR(40),
    document_sha256 BYTEA,
    purpose VARCHAR(120),
    action VARCHAR(16) NOT NULL,
    method VARCHAR(40) NOT NULL,
    locale VARCHAR(8) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    session_ref VARCHAR(40),
    request_id VARCHAR(40),
    evidence_hash BYTEA NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_consent_event PRIMARY KEY (seq),
    CONSTRAINT fk_consent_event_document_id_legal_document FOREIGN KEY(document_id) REFERENCES legal_document (id),
    CONSTRAINT uq_consent_event_hash UNIQUE (hash)
);

CREATE INDEX ix_consent_event_subject_ref ON consent_event (subject_ref);

CREATE OR REPLACE FUNCTION keep_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at < now() - interval '2192 days'
     AND NOT EXISTS (SELECT 1 FROM person WHERE id = OLD.subject_ref) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'consent_event is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER consent_event_append_only BEFORE UPDATE OR DELETE ON consent_event FOR EACH ROW EXECUTE FUNCTION keep_consent();

CREATE TRIGGER consent_event_no_truncate BEFORE TRUNCATE ON consent_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE file_upload (
    id VARCHAR(40) NOT NULL,
    file_id VARCHAR(40) NOT NULL,
    owner_id VARCHAR(40) NOT NULL,
    fingerprint VARCHAR(128) NOT NULL,
    state VARCHAR(12) NOT NULL,
    store_upload_id TEXT,
    part_bytes BIGINT NOT NULL,
    parts INTEGER NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_activity_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_file_upload PRIMARY KEY (id),
    CONSTRAINT ck_file_upload_state CHECK (state IN ('open','completing','completed','aborted')),
    CONSTRAINT ck_file_upload_cut CHECK (parts BETWEEN 1 AND 10000 AND part_bytes >= 1),
    CONSTRAINT uq_file_upload_file_id UNIQUE (file_id),
    CONSTRAINT fk_file_upload_file_id_stored_file FOREIGN KEY(file_id) REFERENCES stored_file (id)
);

CREATE INDEX ix_file_upload_open ON file_upload (last_activity_at) WHERE state IN ('open','completing');

CREATE TABLE file_peaks (
    file_id VARCHAR(40) NOT NULL,
    buckets INTEGER NOT NULL,
    channels INTEGER NOT NULL,
    bucket_frames BIGINT NOT NULL,
    sample_rate_hz INTEGER NOT NULL,
    pairs BYTEA NOT NULL,
    CONSTRAINT pk_file_peaks PRIMARY KEY (file_id),
    CONSTRAINT fk_file_peaks_file_id_stored_file FOREIGN KEY(file_id) REFERENCES stored_file (id)
);

CREATE TABLE file_preview (
    id VARCHAR(40) NOT NULL,
    file_id VARCHAR(40) NOT NULL,
    format VARCHAR(8) NOT NULL,
    content_type VARCHAR(80) NOT NULL,
    object_key VARCHAR(80) NOT NULL,
    byte_size BIGINT,
    stored_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_file_preview PRIMARY KEY (id),
    CONSTRAINT fk_file_preview_file_id_stored_file FOREIGN KEY(file_id) REFERENCES stored_file (id),
    CONSTRAINT uq_file_preview_object_key UNIQUE (object_key)
);

CREATE UNIQUE INDEX ux_file_preview_format ON file_preview (file_id, format);

CREATE TABLE download_grant (
    id VARCHAR(40) NOT NULL,
    file_id VARCHAR(40) NOT NULL,
    person_id VARCHAR(40) NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_download_grant PRIMARY KEY (id),
    CONSTRAINT fk_download_grant_file_id_stored_file FOREIGN KEY(file_id) REFERENCES stored_file (id)
);

CREATE INDEX ix_download_grant_file_id ON download_grant (file_id);

CREATE INDEX ix_download_grant_person_id ON download_grant (person_id);

CREATE TABLE file_purge (
    file_id VARCHAR(40) NOT NULL,
    scope_kind VARCHAR(20) NOT NULL,
    scope_id VARCHAR(40) NOT NULL,
    purpose VARCHAR(20) NOT NULL,
    sha256 VARCHAR(64),
    byte_size BIGINT NOT NULL,
    reason VARCHAR(40) NOT NULL,
    policy_version VARCHAR(20) NOT NULL,
    actor VARCHAR(60) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    objects_deleted INTEGER NOT NULL,
    versions_deleted INTEGER NOT NULL,
    objects_left INTEGER NOT NULL,
    disk_files_left INTEGER,
    CONSTRAINT pk_file_purge PRIMARY KEY (file_id),
    CONSTRAINT ck_file_purge_nothing_left CHECK (objects_left = 0 AND coalesce(disk_files_left, 0) = 0),
    CONSTRAINT fk_file_purge_file_id_stored_file FOREIGN KEY(file_id) REFERENCES stored_file (id)
);

CREATE INDEX ix_file_purge_scope ON file_purge (scope_kind, scope_id);

CREATE TABLE posting (
    journal_id VARCHAR(40) NOT NULL,
    account_id VARCHAR(200) NOT NULL,
    amount_minor BIGINT NOT NULL,
    CONSTRAINT pk_posting PRIMARY KEY (journal_id, account_id),
    CONSTRAINT ck_posting_amount CHECK (amount_minor <> 0),
    CONSTRAINT fk_posting_journal_id_journal FOREIGN KEY(journal_id) REFERENCES journal (id),
    CONSTRAINT fk_posting_account_id_ledger_account FOREIGN KEY(account_id) REFERENCES ledger_account (id)
);

CREATE INDEX ix_posting_account ON posting (account_id);

CREATE TRIGGER posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

CREATE OR REPLACE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM posting WHERE journal_id = NEW.journal_id
    GROUP BY right(account_id, 3) HAVING sum(amount_minor) <> 0
  ) THEN
    RAISE EXCEPTION 'journal % does not sum to zero', NEW.journal_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER posting_balanced AFTER INSERT ON posting
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();

CREATE TABLE payment_attempt (
    id VARCHAR(40) NOT NULL,
    payment_id VARCHAR(40) NOT NULL,
    state VARCHAR(12) NOT NULL,
    checkout_id VARCHAR(255),
    checkout_url TEXT,
    intent_id VARCHAR(255),
    return_path TEXT NOT NULL,
    cancel_path TEXT NOT NULL,
    locale VARCHAR(8) NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    looked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_payment_attempt PRIMARY KEY (id),
    CONSTRAINT ck_payment_attempt_state CHECK (state IN ('open','processing','paid','failed','expired','stray')),
    CONSTRAINT fk_payment_attempt_payment_id_payment FOREIGN KEY(payment_id) REFERENCES payment (id) ON DELETE CASCADE,
    CONSTRAINT uq_payment_attempt_checkout_id UNIQUE (checkout_id),
    CONSTRAINT uq_payment_attempt_intent_id UNIQUE (intent_id)
);

CREATE INDEX ix_payment_attempt_looked ON payment_attempt (looked_at) WHERE state IN ('open','processing');

CREATE UNIQUE INDEX uq_payment_attempt_open ON payment_attempt (payment_id) WHERE state IN ('open','processing');

CREATE TABLE engineer_profile (
    person_id VARCHAR(40) NOT NULL,
    handle VARCHAR(40) NOT NULL,
    display_name VARCHAR(60) NOT NULL,
    headline VARCHAR(120) NOT NULL,
    about TEXT NOT NULL,
    genres JSONB NOT NULL,
    capacity SMALLINT NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE,
    paused_at TIMESTAMP WITH TIME ZONE,
    paused_why VARCHAR(24),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_engineer_profile PRIMARY KEY (person_id),
    CONSTRAINT ck_engineer_profile_handle CHECK (handle ~ '^[a-z0-9](-?[a-z0-9])*$'),
    CONSTRAINT ck_engineer_profile_capacity CHECK (capacity BETWEEN 1 AND 50),
    CONSTRAINT ck_engineer_profile_paused CHECK ((paused_at IS NULL) = (paused_why IS NULL)),
    CONSTRAINT fk_engineer_profile_person_id_person FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE,
    CONSTRAINT uq_engineer_profile_handle UNIQUE (handle)
);

CREATE INDEX ix_engineer_profile_public ON engineer_profile (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE order_event (
    order_id VARCHAR(40) NOT NULL,
    seq INTEGER NOT NULL,
    from_state VARCHAR(20) NOT NULL,
    to_state VARCHAR(20) NOT NULL,
    event VARCHAR(24) NOT NULL,
    role VARCHAR(12) NOT NULL,
    actor_id VARCHAR(40),
    reason TEXT,
    payload JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_order_event PRIMARY KEY (order_id, seq),
    CONSTRAINT ck_order_event_role CHECK (role IN ('client', 'engineer', 'staff', 'provider', 'worker', 'timer')),
    CONSTRAINT ck_order_event_seq CHECK (seq > 0),
    CONSTRAINT fk_order_event_order_id_mix_order FOREIGN KEY(order_id) REFERENCES mix_order (id)
);

CREATE OR REPLACE FUNCTION mixing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a recorded fact of an order is never changed'; END $$;

CREATE TRIGGER order_event_frozen BEFORE UPDATE OF order_id, seq, from_state, to_state, event, role, payload, at ON order_event FOR EACH ROW EXECUTE FUNCTION mixing_refuse_change();

CREATE TABLE order_offer (
    order_id VARCHAR(40) NOT NULL,
    number INTEGER NOT NULL,
    price_minor BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    tax_class VARCHAR(24) NOT NULL,
    shares JSONB NOT NULL,
    turnaround_days SMALLINT NOT NULL,
    revisions SMALLINT NOT NULL,
    max_stems SMALLINT NOT NULL,
    deliverables JSONB NOT NULL,
    sample_rate_hz INTEGER,
    bit_depth SMALLINT,
    note TEXT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_how VARCHAR(12),
    CONSTRAINT pk_order_offer PRIMARY KEY (order_id, number),
    CONSTRAINT ck_order_offer_price CHECK (price_minor > 0),
    CONSTRAINT ck_order_offer_ended CHECK ((ended_at IS NULL) = (ended_how IS NULL)),
    CONSTRAINT ck_order_offer_ended_how CHECK (ended_how IN ('accepted', 'countered', 'withdrawn', 'lapsed')),
    CONSTRAINT fk_order_offer_order_id_mix_order FOREIGN KEY(order_id) REFERENCES mix_order (id)
);

CREATE UNIQUE INDEX uq_order_offer_open ON order_offer (order_id) WHERE ended_at IS NULL;

CREATE TRIGGER order_offer_frozen BEFORE UPDATE OF order_id, number, price_minor, currency, shares, turnaround_days, revisions, deliverables, sent_at ON order_offer FOR EACH ROW EXECUTE FUNCTION mixing_refuse_change();

CREATE TABLE order_delivery (
    id VARCHAR(40) NOT NULL,
    order_id VARCHAR(40) NOT NULL,
    number INTEGER NOT NULL,
    note TEXT NOT NULL,
    manifest JSONB NOT NULL,
    manifest_sha256 VARCHAR(64) NOT NULL,
    acknowledged JSONB NOT NULL,
    arrangement_changed BOOLEAN NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    offset_ms INTEGER,
    offset_confidence FLOAT,
    CONSTRAINT pk_order_delivery PRIMARY KEY (id),
    CONSTRAINT uq_order_delivery_order_id_number UNIQUE (order_id, number),
    CONSTRAINT ck_order_delivery_offset CHECK (offset_ms IS NULL OR offset_confidence IS NOT NULL),
    CONSTRAINT ck_order_delivery_confidence CHECK (offset_confidence BETWEEN 0 AND 1),
    CONSTRAINT fk_order_delivery_order_id_mix_order FOREIGN KEY(order_id) REFERENCES mix_order (id)
);

CREATE TRIGGER order_delivery_frozen BEFORE UPDATE OF order_id, number, manifest, manifest_sha256, acknowledged, delivered_at ON order_delivery FOR EACH ROW EXECUTE FUNCTION mixing_refuse_change();

CREATE TABLE order_comment (
    id VARCHAR(40) NOT NULL,
    order_id VARCHAR(40) NOT NULL,
    parent_id VARCHAR(40),
    author_id VARCHAR(40) NOT NULL,
    kind VARCHAR(12) NOT NULL,
    body TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    resolved_at TIMESTAMP WITH TIME ZONE,
    resolved_by VARCHAR(40),
    CONSTRAINT pk_order_comment PRIMARY KEY (id),
    CONSTRAINT ck_order_comment_kind CHECK (kind IN ('note', 'question', 'reply')),
    CONSTRAINT fk_order_comment_order_id_mix_order FOREIGN KEY(order_id) REFERENCES mix_order (id),
    CONSTRAINT fk_order_comment_parent_id_order_comment FOREIGN KEY(parent_id) REFERENCES order_comment (id)
);

CREATE INDEX ix_order_comment_order_id ON order_comment (order_id);

CREATE TABLE order_message (
    id VARCHAR(40) NOT NULL,
    order_id VARCHAR(40) NOT NULL,
    author_id VARCHAR(40) NOT NULL,
    body TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_order_message PRIMARY KEY (id),
    CONSTRAINT fk_order_message_order_id_mix_order FOREIGN KEY(order_id) REFERENCES mix_order (id)
);

CREATE INDEX ix_order_message_order ON order_message (order_id, at);

CREATE TABLE order_reminder (
    order_id VARCHAR(40) NOT NULL,
    state_since TIMESTAMP WITH TIME ZONE NOT NULL,
    deadline_at TIMESTAMP WITH TIME ZONE NOT NULL,
    key VARCHAR(24) NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_order_reminder PRIMARY KEY (order_id, state_since, deadline_at, key),
    CONSTRAINT fk_order_reminder_order_id_mix_order FOREIGN KEY(order_id) REFERENCES mix_order (id)
);

CREATE TABLE consent_evidence (
    seq BIGINT NOT NULL,
    ip VARCHAR(45),
    user_agent TEXT,
    salt BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_consent_evidence PRIMARY KEY (seq),
    CONSTRAINT fk_consent_evidence_seq_consent_event FOREIGN KEY(seq) REFERENCES consent_event (seq)
);

CREATE TABLE file_upload_part (
    upload_id VARCHAR(40) NOT NULL,
    number INTEGER NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_file_upload_part PRIMARY KEY (upload_id, number),
    CONSTRAINT ck_file_upload_part_sha256 CHECK (octet_length(sha256) = 32),
    CONSTRAINT fk_file_upload_part_upload_id_file_upload FOREIGN KEY(upload_id) REFERENCES file_upload (id) ON DELETE CASCADE
);

CREATE TABLE charge (
    id VARCHAR(255) NOT NULL,
    payment_id VARCHAR(40) NOT NULL,
    attempt_id VARCHAR(40) NOT NULL,
    subject VARCHAR(80) NOT NULL,
    home VARCHAR(10) NOT NULL,
    intent_id VARCHAR(255) NOT NULL,
    method TEXT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    captured_minor BIGINT NOT NULL,
    promised_minor BIGINT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    credited_minor BIGINT NOT NULL,
    disputed_minor BIGINT NOT NULL,
    lost_minor BIGINT NOT NULL,
    settled_currency VARCHAR(3) NOT NULL,
    settled_minor BIGINT NOT NULL,
    charged_at TIMESTAMP WITH TIME ZONE NOT NULL,
    available_on TIMESTAMP WITH TIME ZONE NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    legs_settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_charge PRIMARY KEY (id),
    CONSTRAINT ck_charge_home CHECK (home IN ('held','suspense')),
    CONSTRAINT ck_charge_returned CHECK (promised_minor + lost_minor <= captured_minor),
    CONSTRAINT ck_charge_refunded CHECK (refunded_minor + credited_minor <= promised_minor),
    CONSTRAINT fk_charge_payment_id_payment FOREIGN KEY(payment_id) REFERENCES payment (id) ON DELETE CASCADE,
    CONSTRAINT fk_charge_attempt_id_payment_attempt FOREIGN KEY(attempt_id) REFERENCES payment_attempt (id) ON DELETE CASCADE,
    CONSTRAINT uq_charge_subject UNIQUE (subject),
    CONSTRAINT uq_charge_intent_id UNIQUE (intent_id)
);

CREATE TABLE engineer_credit (
    id VARCHAR(40) NOT NULL,
    engineer_id VARCHAR(40) NOT NULL,
    artist VARCHAR(120) NOT NULL,
    title VARCHAR(120) NOT NULL,
    role VARCHAR(60) NOT NULL,
    year SMALLINT,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_engineer_credit PRIMARY KEY (id),
    CONSTRAINT fk_engineer_credit_engineer_id_engineer_profile FOREIGN KEY(engineer_id) REFERENCES engineer_profile (person_id) ON DELETE CASCADE
);

CREATE INDEX ix_engineer_credit_engineer_id ON engineer_credit (engineer_id);

CREATE TABLE service_package (
    id VARCHAR(40) NOT NULL,
    engineer_id VARCHAR(40) NOT NULL,
    current INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_service_package PRIMARY KEY (id),
    CONSTRAINT fk_service_package_engineer_id_engineer_profile FOREIGN KEY(engineer_id) REFERENCES engineer_profile (person_id) ON DELETE CASCADE
);

CREATE INDEX ix_service_package_engineer_id ON service_package (engineer_id);

CREATE TABLE order_review (
    delivery_id VARCHAR(40) NOT NULL,
    order_id VARCHAR(40) NOT NULL,
    mail_id VARCHAR(40),
    passed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE,
    seen_at TIMESTAMP WITH TIME ZONE,
    deadline_at TIMESTAMP WITH TIME ZONE,
    paused_at TIMESTAMP WITH TIME ZONE,
    extended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_order_review PRIMARY KEY (delivery_id),
    CONSTRAINT fk_order_review_delivery_id_order_delivery FOREIGN KEY(delivery_id) REFERENCES order_delivery (id),
    CONSTRAINT fk_order_review_order_id_mix_order FOREIGN KEY(order_id) REFERENCES mix_order (id)
);

CREATE INDEX ix_order_review_unstarted ON order_review (mail_id) WHERE deadline_at IS NULL AND mail_id IS NOT NULL;

CREATE INDEX ix_order_review_order_id ON order_review (order_id);

CREATE TABLE order_file (
    file_id VARCHAR(40) NOT NULL,
    order_id VARCHAR(40) NOT NULL,
    role VARCHAR(12) NOT NULL,
    deliverable VARCHAR(24),
    delivery_id VARCHAR(40),
    added_by VARCHAR(40) NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    explanation TEXT,
    returned_why TEXT,
    removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_order_file PRIMARY KEY (file_id),
    CONSTRAINT ck_order_file_role CHECK (role IN ('rough', 'reference', 'stem', 'delivery')),
    CONSTRAINT ck_order_file_deliverable CHECK ((role = 'delivery') = (deliverable IS NOT NULL)),
    CONSTRAINT ck_order_file_delivery CHECK (delivery_id IS NULL OR role = 'delivery'),
    CONSTRAINT fk_order_file_file_id_stored_file FOREIGN KEY(file_id) REFERENCES stored_file (id),
    CONSTRAINT fk_order_file_order_id_mix_order FOREIGN KEY(order_id) REFERENCES mix_order (id),
    CONSTRAINT fk_order_file_delivery_id_order_delivery FOREIGN KEY(delivery_id) REFERENCES order_delivery (id)
);

CREATE INDEX ix_order_file_order ON order_file (order_id, added_at);

CREATE TABLE revision_round (
    order_id VARCHAR(40) NOT NULL,
    number INTEGER NOT NULL,
    delivery_id VARCHAR(40) NOT NULL,
    is_defect BOOLEAN NOT NULL,
    wishes TEXT NOT NULL,
    comment_ids JSONB NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_revision_round PRIMARY KEY (order_id, number),
    CONSTRAINT fk_revision_round_order_id_mix_order FOREIGN KEY(order_id) REFERENCES mix_order (id),
    CONSTRAINT fk_revision_round_delivery_id_order_delivery FOREIGN KEY(delivery_id) REFERENCES order_delivery (id)
);

CREATE TABLE comment_place (
    comment_id VARCHAR(40) NOT NULL,
    delivery_id VARCHAR(40) NOT NULL,
    start_ms BIGINT NOT NULL,
    end_ms BIGINT,
    is_carried BOOLEAN NOT NULL,
    is_outside BOOLEAN NOT NULL,
    CONSTRAINT pk_comment_place PRIMARY KEY (comment_id, delivery_id),
    CONSTRAINT ck_comment_place_range CHECK (start_ms >= 0 AND (end_ms IS NULL OR end_ms > start_ms)),
    CONSTRAINT fk_comment_place_comment_id_order_comment FOREIGN KEY(comment_id) REFERENCES order_comment (id) ON DELETE CASCADE,
    CONSTRAINT fk_comment_place_delivery_id_order_delivery FOREIGN KEY(delivery_id) REFERENCES order_delivery (id)
);

CREATE INDEX ix_comment_place_delivery ON comment_place (delivery_id);

CREATE TABLE payout_leg (
    id VARCHAR(40) NOT NULL,
    charge_id VARCHAR(255) NOT NULL,
    party VARCHAR(40) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    state VARCHAR(12) NOT NULL,
    sent_minor BIGINT NOT NULL,
    reversed_minor BIGINT NOT NULL,
    transfers INTEGER NOT NULL,
    transfer_id VARCHAR(255),
    reason VARCHAR(60),
    not_before TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_payout_leg PRIMARY KEY (id),
    CONSTRAINT uq_payout_leg_charge_id_party UNIQUE (charge_id, party),
    CONSTRAINT ck_payout_leg_sent CHECK (reversed_minor >= 0 AND sent_minor >= reversed_minor),
    CONSTRAINT fk_payout_leg_charge_id_charge FOREIGN KEY(charge_id) REFERENCES charge (id) ON DELETE CASCADE
);

CREATE INDEX ix_payout_leg_party ON payout_leg (party, state);

CREATE TABLE refund (
    id VARCHAR(40) NOT NULL,
    payment_id VARCHAR(40) NOT NULL,
    charge_id VARCHAR(255) NOT NULL,
    amount_minor BIGINT NOT NULL,
    reason VARCHAR(60) NOT NULL,
    state VARCHAR(10) NOT NULL,
    provider_refund_id VARCHAR(255),
    failure VARCHAR(60),
    planned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_refund PRIMARY KEY (id),
    CONSTRAINT ck_refund_amount CHECK (amount_minor > 0),
    CONSTRAINT ck_refund_state CHECK (state IN ('promised','pending','settled','failed')),
    CONSTRAINT fk_refund_payment_id_payment FOREIGN KEY(payment_id) REFERENCES payment (id) ON DELETE CASCADE,
    CONSTRAINT fk_refund_charge_id_charge FOREIGN KEY(charge_id) REFERENCES charge (id) ON DELETE CASCADE,
    CONSTRAINT uq_refund_provider_refund_id UNIQUE (provider_refund_id)
);

CREATE INDEX ix_refund_charge ON refund (charge_id);

CREATE TABLE package_version (
    package_id VARCHAR(40) NOT NULL,
    number INTEGER NOT NULL,
    title VARCHAR(120) NOT NULL,
    summary TEXT NOT NULL,
    price_minor BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    turnaround_days SMALLINT NOT NULL,
    revisions SMALLINT NOT NULL,
    max_stems SMALLINT NOT NULL,
    deliverables JSONB NOT NULL,
    sample_rate_hz INTEGER,
    bit_depth SMALLINT,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_package_version PRIMARY KEY (package_id, number),
    CONSTRAINT ck_package_version_price CHECK (price_minor > 0),
    CONSTRAINT ck_package_version_promises CHECK (turnaround_days BETWEEN 1 AND 90 AND revisions BETWEEN 0 AND 20),
    CONSTRAINT fk_package_version_package_id_service_package FOREIGN KEY(package_id) REFERENCES service_package (id) ON DELETE CASCADE
);

CREATE TRIGGER package_version_frozen BEFORE UPDATE OF package_id, number, price_minor, currency, turnaround_days, revisions, deliverables ON package_version FOR EACH ROW EXECUTE FUNCTION mixing_refuse_change();
