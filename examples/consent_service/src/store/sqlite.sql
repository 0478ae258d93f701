CREATE TABLE IF NOT EXISTS subjects (
  subject TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS births (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL REFERENCES subjects,
  born TEXT NOT NULL,
  instant INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS births_by_subject ON births (subject, instant, seq);

CREATE TABLE IF NOT EXISTS consents (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL REFERENCES subjects,
  purpose TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('granted', 'refused', 'withdrawn')),
  instant INTEGER NOT NULL,
  since INTEGER NOT NULL CHECK (since <= instant)
) STRICT;
CREATE INDEX IF NOT EXISTS consents_by_subject ON consents (subject, purpose, instant, seq);

CREATE TABLE IF NOT EXISTS marks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL REFERENCES subjects,
  mark TEXT NOT NULL CHECK (mark IN ('guardian_permission', 'verified', 'objected', 'restricted')),
  is_on INTEGER NOT NULL CHECK (is_on IN (0, 1)),
  instant INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS marks_by_subject ON marks (subject, mark, instant, seq);

CREATE VIEW IF NOT EXISTS instants AS
  SELECT subject, since AS instant FROM subjects
  UNION ALL SELECT subject, instant FROM births
  UNION ALL SELECT subject, instant FROM consents
  UNION ALL SELECT subject, instant FROM marks;

CREATE TRIGGER IF NOT EXISTS subjects_stay BEFORE UPDATE ON subjects
  BEGIN SELECT RAISE(ABORT, 'subjects are only appended to'); END;
CREATE TRIGGER IF NOT EXISTS subjects_remain BEFORE DELETE ON subjects
  BEGIN SELECT RAISE(ABORT, 'subjects are only appended to'); END;
CREATE TRIGGER IF NOT EXISTS births_stay BEFORE UPDATE ON births
  BEGIN SELECT RAISE(ABORT, 'births are only appended to'); END;
CREATE TRIGGER IF NOT EXISTS births_remain BEFORE DELETE ON births
  BEGIN SELECT RAISE(ABORT, 'births are only appended to'); END;
CREATE TRIGGER IF NOT EXISTS consents_stay BEFORE UPDATE ON consents
  BEGIN SELECT RAISE(ABORT, 'consents are only appended to'); END;
CREATE TRIGGER IF NOT EXISTS consents_remain BEFORE DELETE ON consents
  BEGIN SELECT RAISE(ABORT, 'consents are only appended to'); END;
CREATE TRIGGER IF NOT EXISTS marks_stay BEFORE UPDATE ON marks
  BEGIN SELECT RAISE(ABORT, 'marks are only appended to'); END;
CREATE TRIGGER IF NOT EXISTS marks_remain BEFORE DELETE ON marks
  BEGIN SELECT RAISE(ABORT, 'marks are only appended to'); END;
