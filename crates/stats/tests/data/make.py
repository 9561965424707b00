"""Makes the reference values in this folder with other tools. Run by hand:

    pip install scipy==1.17.1 statsmodels==0.15.0 lifelines==0.30.3 scikit-learn==1.9.1 confidenceinterval==1.0.5
    python make.py

Every file says in its first line which tool made it. The data sets rossi (Rossi, Berk and Lenihan 1980), waltons and
stanford (Crowley and Hu 1977) come with lifelines (MIT licence).
"""
import csv
import json
import math
import warnings

import lifelines
import lifelines.datasets
import numpy as np
import scipy
import scipy.special
import scipy.stats
import sklearn
import sklearn.calibration
import sklearn.metrics
import statsmodels
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import concordance_index
from statsmodels.duration.survfunc import SurvfuncRight, survdiff
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportion_effectsize

warnings.filterwarnings("ignore")
SCIPY = f"scipy {scipy.__version__}"
STATSMODELS = f"statsmodels {statsmodels.__version__}"
LIFELINES = f"lifelines {lifelines.__version__}"
SKLEARN = f"scikit-learn {sklearn.__version__}"


def plain(value):
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return int(value) if isinstance(value, np.integer) else value


def table(name, tool, columns, rows):
    with open(name, "w", newline="") as file:
        file.write(f"# {tool}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([plain(value) for value in row] for row in rows)


def document(name, tool, cases):
    with open(name, "w") as file:
        file.write('{"made_with": ' + json.dumps(tool) + ', "cases": ')
        lines = cases.items() if isinstance(cases, dict) else ((None, case) for case in cases)
        texts = [(f"{json.dumps(name)}: " if name else "") + json.dumps(case, default=lambda value: value.item())
                 for name, case in lines]
        first, last = "{}" if isinstance(cases, dict) else "[]"
        file.write(first + "\n" + ",\n".join(texts) + "\n" + last + "}\n")


def distributions():
    rows = [("normal_upper_tail", z, 0, 0, scipy.stats.norm.sf(z)) for z in np.linspace(-8, 30, 77)]
    for p in [1e-12, 1e-6, 0.0005, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.6, 0.9, 0.95, 0.975, 0.99, 0.995, 0.9995]:
        rows.append(("normal_quantile", p, 0, 0, scipy.stats.norm.ppf(p)))
    for df in [1, 2, 3, 5, 10, 50]:
        for x in [1e-6, 0.01, 0.5, 1, 2, 3.84, 5, 10, 30, 100, 300]:
            rows.append(("chi_squared_upper_tail", x, df, 0, scipy.stats.chi2.sf(x, df)))
    for n in [1, 5, 10, 100, 1000, 35230, 10**6, 10**8]:
        for share in [0, 0.001, 0.06, 0.3, 0.5, 0.9]:
            k = int(n * share)
            for a, b in [(k + 1, n - k), (k + 0.5, n - k + 0.5)]:
                mean = a / (a + b)
                deviation = math.sqrt(mean * (1 - mean) / (a + b))
                for z in [-4, -1, 0, 1, 4]:
                    x = mean + z * deviation
                    if 0 < x < 1:
                        rows.append(("beta_cumulative", a, b, x, scipy.stats.beta.cdf(x, a, b)))
                for p in [0.0005, 0.025, 0.5, 0.975]:
                    rows.append(("beta_quantile", a, b, p, scipy.stats.beta.ppf(p, a, b)))
    table("distributions.csv", SCIPY, ["function", "a", "b", "c", "value"], rows)


def proportions():
    rows = []
    for n in [1, 2, 7, 20, 70, 966, 35230, 10**6, 10**8]:
        for k in sorted({0, 1, n // 20, n // 3, n // 2, n - 1, n, 206 if n == 966 else n}):
            for level in [0.8, 0.95, 0.99]:
                row = [k, n, level]
                for method in ["wilson", "beta", "jeffreys"]:
                    row += proportion_confint(k, n, 1 - level, method)
                rows.append(row)
    names = ["wilson_low", "wilson_high", "clopper_low", "clopper_high", "jeffreys_low", "jeffreys_high"]
    table("proportions.csv", STATSMODELS, ["successes", "trials", "level", *names], rows)

    rows = []
    for k1, n1, k2, n2 in [(56, 70, 48, 80), (9, 10, 3, 10), (0, 10, 0, 20), (10, 10, 0, 20), (5, 56, 0, 29),
                           (1600, 26137, 500, 20000), (1, 5, 4, 5), (10, 10, 20, 20), (271, 2296, 75, 1350)]:
        for level in [0.8, 0.95, 0.99]:
            ends = confint_proportions_2indep(k1, n1, k2, n2, method="newcomb", compare="diff", alpha=1 - level)
            rows.append([k1, n1, k2, n2, level, *ends])
    columns = ["first_successes", "first_trials", "second_successes", "second_trials", "level", "low", "high"]
    table("differences.csv", STATSMODELS, columns, rows)


TABLES = [(8, 2, 1, 5), (56, 14, 48, 32), (206, 760, 100, 800), (271, 2025, 75, 1275), (1, 9, 11, 3), (3, 3, 3, 3),
          (1000, 25137, 500, 19500), (12, 5, 29, 2), (0, 10, 5, 15), (7, 0, 3, 9), (0, 8, 9, 0), (5, 100, 0, 300),
          (2, 2, 1, 100000), (40, 9960, 10, 9990), (1, 1, 1, 1), (1602, 10398, 700, 9000), (300, 20, 14, 500),
          (10000, 990000, 9700, 990300)]


def tables():
    rows = []
    for a, b, c, d in TABLES:
        cells = np.array([[a, b], [c, d]])
        plainly = scipy.stats.chi2_contingency(cells, correction=False)
        yates = scipy.stats.chi2_contingency(cells, correction=True)
        exact = scipy.stats.fisher_exact(cells).pvalue
        for_odds = Table2x2(cells + (0.5 if 0 in cells else 0.0), shift_zeros=False)
        for_risk = Table2x2(cells + (0.5 if 0 in (a, c) else 0.0), shift_zeros=False)
        phi = (a * d - b * c) / math.sqrt((a + b) * (c + d) * (a + c) * (b + d))
        information = sklearn.metrics.mutual_info_score(None, None, contingency=cells) / math.log(2)
        rows.append([a, b, c, d, exact, plainly[0], plainly[1], yates[0], yates[1],
                     for_risk.riskratio, *for_risk.riskratio_confint(), for_odds.oddsratio,
                     *for_odds.oddsratio_confint(), phi, information])
    columns = ["a", "b", "c", "d", "fisher_p", "plain", "plain_p", "yates", "yates_p", "risk_ratio", "risk_low",
               "risk_high", "odds_ratio", "odds_low", "odds_high", "phi", "information"]
    table("tables.csv", f"{SCIPY}, {STATSMODELS}, {SKLEARN}", columns, rows)


def stratified():
    rng = np.random.default_rng(7)
    sets = [[(56, 14, 48, 32)], [(8, 2, 1, 5), (12, 40, 9, 60), (3, 3, 3, 3)],
            [(0, 10, 5, 15), (7, 1, 3, 9), (20, 30, 40, 90)]]
    sets += [[tuple(int(v) for v in rng.integers(1, 60, 4)) for _ in range(count)] for count in (4, 10, 40)]
    sets.append([(1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 0, 1), (1, 1, 0, 1), (1, 0, 1, 1)])
    cases = []
    for tables_ in sets:
        pooled = StratifiedTable([np.array([[a, b], [c, d]], dtype=float) for a, b, c, d in tables_])
        plainly = pooled.test_null_odds(correction=False)
        corrected = pooled.test_null_odds(correction=True)
        cases.append({"tables": tables_, "statistic": plainly.statistic, "p_value": plainly.pvalue,
                      "corrected_statistic": corrected.statistic, "corrected_p_value": corrected.pvalue,
                      "odds_ratio": pooled.oddsratio_pooled, "odds_interval": list(pooled.oddsratio_pooled_confint()),
                      "risk_ratio": pooled.riskratio_pooled})
    document("stratified.json", STATSMODELS, cases)


def multiplicity():
    rng = np.random.default_rng(11)
    lists = [[.001, .008, .039, .041, .042, .06, .074, .205, .212, .216], [0.5], [0.04, 0.04, 0.04], [0.0, 1.0, 0.2],
             [0.9, 0.01, 0.5, 0.03], [float(v) for v in rng.uniform(size=50) ** 3]]
    cases = [{"p_values": values, "benjamini_hochberg": list(multipletests(values, method="fdr_bh")[1]),
              "holm": list(multipletests(values, method="holm")[1])} for values in lists]
    document("multiplicity.json", STATSMODELS, cases)


def curve(fitter):
    events = fitter.event_table
    ends = fitter.confidence_interval_survival_function_
    rows = []
    for time in events.index:
        low, high = ends.loc[time]
        rows.append([int(time), int(events.at_risk[time]), int(events.observed[time]),
                     fitter.survival_function_.iloc[:, 0][time], low, high])
    return rows


def survival():
    waltons = lifelines.datasets.load_waltons()
    table("waltons.csv", LIFELINES, ["time", "event", "group"],
          zip(waltons["T"].astype(int), waltons["E"], waltons["group"]))
    columns = ["time", "at_risk", "events", "survival", "low", "high"]
    fitter = lifelines.KaplanMeierFitter().fit(waltons["T"], waltons["E"])
    table("waltons_curve.csv", LIFELINES, columns, curve(fitter)[1:])

    # Entries at odd times and exits at even ones: tools differ in who is at risk at the moment of entry.
    rng = np.random.default_rng(3)
    entry = 2 * rng.integers(0, 15, 300) - 1
    exit_ = np.maximum(2 * rng.geometric(0.05, 300), entry + 1)
    event = rng.uniform(size=300) < 0.7
    group = rng.integers(0, 3, 300)
    entry[:60] = -1
    table("delayed.csv", "numpy default_rng(3); entry -1 is from the beginning", ["entry", "exit", "event", "group"],
          zip(entry, exit_, event, group))
    fitter = lifelines.KaplanMeierFitter().fit(exit_, event, entry=np.maximum(entry, 0))
    rows = [row for row in curve(fitter) if row[2] > 0]
    table("delayed_curve.csv", LIFELINES, columns, rows)
    check = SurvfuncRight(exit_, event.astype(int), entry=np.maximum(entry, 0))
    ours = {row[0]: row[3] for row in rows}
    assert all(abs(ours[int(t)] - s) < 1e-9 for t, s in zip(check.surv_times, check.surv_prob)), "tools disagree"

    def result(statistic, p, groups):
        return {"statistic": float(statistic), "p_value": float(p), "groups": int(groups)}

    plainly = multivariate_logrank_test(waltons["T"], waltons["group"], waltons["E"])
    three = multivariate_logrank_test(exit_, group, event)
    late2 = survdiff(exit_, event.astype(int), (group > 0).astype(int), entry=np.maximum(entry, 0))
    late3 = survdiff(exit_, event.astype(int), group, entry=np.maximum(entry, 0))
    median = lifelines.KaplanMeierFitter().fit(waltons["T"], waltons["E"])
    ends = lifelines.utils.median_survival_times(median.confidence_interval_).iloc[0]
    document("survival.json", f"{LIFELINES} (waltons, three groups), {STATSMODELS} (delayed entry)", {
        "waltons": result(plainly.test_statistic, plainly.p_value, 2),
        "three_without_entry": result(three.test_statistic, three.p_value, 3),
        "two_with_entry": result(*late2, 2), "three_with_entry": result(*late3, 3),
        "waltons_median": [int(median.median_survival_time_), int(ends.iloc[0]), int(ends.iloc[1])],
    })


def cox():
    rossi = lifelines.datasets.load_rossi()
    names = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
    table("rossi.csv", LIFELINES, ["week", "arrest", *names], rossi[["week", "arrest", *names]].values)
    fitted = lifelines.CoxPHFitter().fit(rossi, "week", "arrest", fit_options={"precision": 1e-12})
    stanford = lifelines.datasets.load_stanford_heart_transplants()
    used = ["age", "year", "surgery", "transplant"]
    table("stanford.csv", LIFELINES, ["start", "stop", "event", *used],
          zip(stanford.start.astype(int), stanford.stop.astype(int), stanford.event,
              *[stanford[name] for name in used]))
    varying = lifelines.CoxTimeVaryingFitter().fit(
        stanford[["id", "start", "stop", "event", *used]], "event", "start", "stop", id_col="id",
        fit_options={"precision": 1e-12})

    def result(model, order):
        return {"coefficients": [float(model.params_[name]) for name in order],
                "standard_errors": [float(model.standard_errors_[name]) for name in order],
                "log_likelihood": float(model.log_likelihood_),
                "likelihood_ratio": float(model.log_likelihood_ratio_test().test_statistic)}

    rossi_result = result(fitted, names)
    rossi_result["concordance"] = float(fitted.concordance_index_)
    rng = np.random.default_rng(5)
    time, event = rng.integers(1, 12, 80), rng.uniform(size=80) < 0.6
    score = rng.integers(0, 6, 80)
    tied = {"time": time.tolist(), "event": [int(v) for v in event], "score": score.tolist(),
            "concordance": float(concordance_index(time, -score, event))}
    document("cox.json", LIFELINES, {"rossi": rossi_result, "stanford": result(varying, used), "tied": tied})


def sample_sizes():
    solver, rows = NormalIndPower(), []
    for first, second in [(0.10, 0.12), (0.02, 0.04), (0.5, 0.51), (0.0, 0.03), (0.06, 0.03)]:
        effect = proportion_effectsize(second, first)
        for ratio in [1, 0.25, 4]:
            for power, alpha in [(0.8, 0.05), (0.9, 0.01), (0.5, 0.1)]:
                people = solver.solve_power(effect, power=power, alpha=alpha, ratio=ratio)
                rows.append([first, second, ratio, power, alpha, people, solver.power(effect, 500, alpha, ratio)])
    table("sample_sizes.csv", STATSMODELS,
          ["first", "second", "ratio", "power", "significance", "people", "power_of_500"], rows)


def quantiles():
    rng = np.random.default_rng(13)
    cases = []
    for count in [1, 3, 5, 6, 20, 101, 300]:
        values = [float(v) for v in np.round(rng.lognormal(3, 1, count))]
        for share in [0.1, 0.5, 0.9]:
            for level in [0.9, 0.95]:
                test = scipy.stats.quantile_test(values, p=share)
                ends = test.confidence_interval(level)
                cases.append({"values": values, "share": share, "level": level, "quantile": np.quantile(values, share),
                              "interval": [None if math.isnan(v) else float(v) for v in ends]})
    document("quantiles.json", f"{SCIPY}, numpy {np.__version__}", cases)


def scores():
    from confidenceinterval.delong import delong_roc_variance
    rng = np.random.default_rng(17)
    cases = []
    for count, steps in [(40, 5), (200, 1000), (1000, 20)]:
        outcome = rng.uniform(size=count) < 0.3
        score = np.clip(np.round((rng.uniform(size=count) + 0.4 * outcome) / 1.4 * steps) / steps, 0, 1)
        area, variance = delong_roc_variance(outcome.astype(int), score)
        share, mean = sklearn.calibration.calibration_curve(outcome, score, n_bins=1)
        cases.append({"scores": score.tolist(), "outcomes": [int(v) for v in outcome],
                      "area": float(sklearn.metrics.roc_auc_score(outcome, score)), "delong_area": float(area),
                      "standard_error": float(np.sqrt(variance)), "mean_score": float(mean[0]),
                      "share": float(share[0]), "brier": float(sklearn.metrics.brier_score_loss(outcome, score))})
    document("scores.json", f"{SKLEARN}, confidenceinterval 1.0.5 (DeLong)", cases)


def logistic():
    """Maximum likelihood with offsets (statsmodels), ridge (scikit-learn), bounds (scipy's L-BFGS-B)."""
    import scipy.optimize
    import sklearn.linear_model
    import statsmodels.api as sm
    rng = np.random.default_rng(19)
    cases = []
    for people, columns in [(60, 1), (200, 3), (500, 5)]:
        known = np.round(rng.normal(2, 1.5, (people, columns)), 2)
        known[:, 0] = known[:, 0] > 2
        truth = np.array([0.9, -0.6, 0.3, 0.0, -0.2])[:columns]
        offset = np.round(rng.normal(0, 0.5, people), 2)
        outcome = (rng.uniform(size=people) < 1 / (1 + np.exp(-(known @ truth - 1.2)))).astype(int)
        for with_offset in [False, True]:
            options = {"offset": offset} if with_offset else {}
            fit = sm.GLM(outcome, sm.add_constant(known), family=sm.families.Binomial(), **options).fit(tol=1e-14, maxiter=200)
            null = sm.GLM(outcome, np.ones(people), family=sm.families.Binomial(), **options).fit(tol=1e-14, maxiter=200)
            cases.append({"rows": known.tolist(), "outcomes": outcome.tolist(),
                          "offsets": offset.tolist() if with_offset else None, "ridge": 0, "least": None,
                          "intercept": fit.params[0], "coefficients": list(fit.params[1:]),
                          "standard_errors": list(fit.bse[1:]), "log_likelihood": fit.llf,
                          "null_log_likelihood": null.llf})
        for ridge in [0.5, 20.0]:
            fit = sklearn.linear_model.LogisticRegression(C=1 / ridge, solver="newton-cholesky", tol=1e-14,
                                                          max_iter=1000).fit(known, outcome)
            cases.append({"rows": known.tolist(), "outcomes": outcome.tolist(), "offsets": None, "ridge": ridge,
                          "least": None, "intercept": fit.intercept_[0], "coefficients": list(fit.coef_[0])})
        for ridge in [0.0, 3.0]:
            def lost(at):
                odds = at[0] + known @ at[1:]
                return np.sum(np.logaddexp(0, np.where(outcome == 1, -odds, odds))) + ridge / 2 * np.sum(at[1:] ** 2)

            def slope(at):
                rest = 1 / (1 + np.exp(-(at[0] + known @ at[1:]))) - outcome
                return np.concatenate([[rest.sum()], known.T @ rest + ridge * at[1:]])

            best = scipy.optimize.minimize(lost, np.zeros(columns + 1), jac=slope, method="L-BFGS-B",
                                           bounds=[(None, None)] + [(0, None)] * columns,
                                           options={"ftol": 1e-16, "gtol": 1e-10, "maxiter": 10000})
            cases.append({"rows": known.tolist(), "outcomes": outcome.tolist(), "offsets": None, "ridge": ridge,
                          "least": [0.0] * columns, "intercept": best.x[0], "coefficients": list(best.x[1:])})
    document("logistic.json", f"{STATSMODELS} (no ridge), {SKLEARN} (ridge), {SCIPY} (bounds)", cases)


def isotonic():
    import sklearn.isotonic
    rng = np.random.default_rng(23)
    cases = []
    for count in [1, 7, 60]:
        places = np.round(rng.uniform(0, 10, count), 0 if count == 60 else 2)
        values = np.round(np.sin(places / 3) + rng.normal(0, 0.4, count), 3)
        weights = np.round(rng.uniform(0.5, 3, count), 2)
        fit = sklearn.isotonic.IsotonicRegression().fit(places, values, weights)
        cases.append({"places": places.tolist(), "values": values.tolist(), "weights": weights.tolist(),
                      "fitted": fit.predict(places).tolist()})
    document("isotonic.json", SKLEARN, cases)


for make in [distributions, proportions, tables, stratified, multiplicity, survival, cox, sample_sizes, quantiles,
             scores, logistic, isotonic]:
    make()
