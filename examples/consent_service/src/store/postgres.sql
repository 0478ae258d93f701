CREATE TABLE IF NOT EXISTS subjects (
  subject TEXT PRIMARY KEY,
  since BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS births (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject TEXT NOT NULL REFERENCES subjects,
  born TEXT NOT NULL,
  instant BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS births_by_subject ON births (subject, instant, seq);

CREATE TABLE IF NOT EXISTS consents (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject TEXT NOT NULL REFERENCES subjects,
  purpose TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('granted', 'refused', 'withdrawn')),
  instant BIGINT NOT NULL,
  since BIGINT NOT NULL CHECK (since <= instant)
);
CREATE INDEX IF NOT EXISTS consents_by_subject ON consents (subject, purpose, instant, seq);

CREATE TABLE IF NOT EXISTS marks (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject TEXT NOT NULL REFERENCES subjects,
  mark TEXT NOT NULL CHECK (mark IN ('guardian_permission', 'verified', 'objected', 'restricted')),
  is_on BOOLEAN NOT NULL,
  instant BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS marks_by_subject ON marks (subject, mark, instant, seq);

CREATE OR REPLACE VIEW instants AS
  SELECT subject, since AS instant FROM subjects
  UNION ALL SELECT subject, instant FROM births
  UNION ALL SELECT subject, instant FROM consents
  UNION ALL SELECT subject, instant FROM marks;

CREATE OR REPLACE FUNCTION only_appended_to() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION '% are only appended to', TG_TABLE_NAME; END
$$;
CREATE OR REPLACE TRIGGER subjects_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON subjects
  EXECUTE FUNCTION only_appended_to();
CREATE OR REPLACE TRIGGER births_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON births
  EXECUTE FUNCTION only_appended_to();
CREATE OR REPLACE TRIGGER consents_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON consents
  EXECUTE FUNCTION only_appended_to();
CREATE OR REPLACE TRIGGER marks_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON marks
  EXECUTE FUNCTION only_appended_to();
