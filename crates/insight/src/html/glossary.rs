//! What the page's few terms of the trade mean.

/// A term with its meaning.
pub(crate) struct Term {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
}

macro_rules! terms {
    ($($constant:ident $name:literal $meaning:literal)*) => {
        $(pub(crate) const $constant: Term = Term { name: $name, meaning: $meaning };)*
        pub(crate) const ALL: &[Term] = &[$($constant),*];
    };
}

terms! {
    PRECISION "Precision" "Of the leads that were watched for the whole horizon, the share that paid in it, after they could be known. A lead that paid at the very instant of qualifying, or before anyone could know, is neither won nor lost: it stands apart."
    RECALL "Recall" "Of all customers, the share that the definition named before they paid, within the horizon. What it misses is listed by name."
    LIFT "Lift" "The leads' rate divided by that of people of the same age (time since their start) who were in the population, had not paid and had not qualified. Comparing with everybody from signup on would count it as a merit of the definition that its leads had survived so long."
    LIKELY "Likely range" "A 95 % interval: made this way, 19 of 20 such ranges hold the true value. A wide range means little data."
    KNOWN "Known" "When the lead could first have been known: the records that make it qualify had all been received. Alerts, lead time and precision count from there, never from the earlier instant of the behaviour itself."
    TO_USE "Qualified to use, to buy" "To use: the behaviour was met. To buy: the fit, too. Those between are near misses: real users without (known) means to buy."
    POPULATION "Population" "Who can qualify at all, tested at each instant: by default nobody internal, and nobody who has paid already or whose company has."
    CURVE "Kaplan–Meier curve" "The share that has paid by each day, counting everyone for as long as they were watched. Those who joined lately still count; they are not taken for lost."
    HAZARD "Hazard ratio" "How many times as fast people pay once they are known to qualify, against those who are not (yet): each person counts on the one side before and on the other after (Cox's model)."
    P_VALUE "p" "How often chance alone would show at least such a difference. Below 0.05 is the usual mark; one in twenty useless definitions passes it."
    CAPACITY "Capacity" "Each week the leads with the highest score (then the earliest) are called, as many as there are hands for, and nobody who has paid already. Only weeks whose leads were all watched for the whole horizon count."
    DRIFT "Drift" "A definition that found buyers in spring need not find them in autumn. If the ranges of the months come apart, look at it again."
    SEGMENT "Segments" "Values are as they were at each person's start, so that nothing learnt later sorts them."
}
