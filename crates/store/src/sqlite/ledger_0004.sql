-- The ledger, format 4: how many leads are in each state, so that nobody counts them all whenever it is asked.
CREATE TABLE lead_totals (
    state TEXT NOT NULL,
    is_retracted INTEGER NOT NULL,
    leads INTEGER NOT NULL,
    PRIMARY KEY (state, is_retracted)
) WITHOUT ROWID;

INSERT INTO lead_totals (state, is_retracted, leads)
SELECT state, is_retracted, COUNT(*) FROM leads WHERE is_erased = 0 GROUP BY state, is_retracted;

-- No lead is ever deleted; of those that are erased a mark is left.
CREATE TRIGGER a_new_lead_is_counted AFTER INSERT ON leads BEGIN
    INSERT INTO lead_totals (state, is_retracted, leads) VALUES (NEW.state, NEW.is_retracted, 1)
    ON CONFLICT (state, is_retracted) DO UPDATE SET leads = leads + 1;
END;

CREATE TRIGGER a_changed_lead_is_counted_anew AFTER UPDATE OF state, is_retracted, is_erased ON leads
WHEN OLD.state <> NEW.state OR OLD.is_retracted <> NEW.is_retracted OR OLD.is_erased <> NEW.is_erased BEGIN
    UPDATE lead_totals SET leads = leads - 1
    WHERE OLD.is_erased = 0 AND state = OLD.state AND is_retracted = OLD.is_retracted;
    INSERT INTO lead_totals (state, is_retracted, leads) SELECT NEW.state, NEW.is_retracted, 1 WHERE NEW.is_erased = 0
    ON CONFLICT (state, is_retracted) DO UPDATE SET leads = leads + 1;
END;
