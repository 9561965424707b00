-- The ledger, format 3: leads of people who do not want to be contacted.
ALTER TABLE leads ADD COLUMN may_contact INTEGER NOT NULL DEFAULT 1;
