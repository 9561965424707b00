//! How an account is found, and whose domains are whose.

use engine::language::text_to_yaml;
use engine::workspace::{DomainKind, Workspace};
use history::DomainProfile;

use super::look::Look;
use super::section::Section;
use crate::commands::data::percent;
use crate::console::{count, grouped};

/// In so many accounts a domain must be for its people to look like staff.
const STAFF_ACCOUNTS: u64 = 4;
/// Domains that are shown.
const SHOWN: usize = 5;

/// Domains of companies, as far as is known without settings.
fn companies(look: &Look) -> Vec<&DomainProfile> {
    let usual = Workspace::default();
    let is_company = |domain: &str| usual.domain_kind(&format!("x@{domain}")) == Some(DomainKind::Work);
    look.profile.domains.iter().filter(|found| is_company(&found.domain)).collect()
}

fn told(found: &DomainProfile) -> String {
    let mut words = count(found.people, "person", "people");
    if found.accounts > 0 {
        words.push_str(&format!(", {}", count(found.accounts, "account", "accounts")));
    }
    format!("{} ({words})", found.domain)
}

/// Our own domains: one whose people are in many accounts, unlike all others.
pub fn internal_domains(look: &Look) -> Section {
    let mut section = Section {
        key: "internal_domains",
        because: vec!["Your own e-mail domains: your people test the product and never count.".to_owned()],
        ..Section::default()
    };
    let mut found = companies(look);
    if found.is_empty() {
        section
            .doubts
            .push("The data has no addresses of companies to tell them by. Write your own domains here.".to_owned());
        section.proposed = vec!["internal_domains: [our-company.example]".to_owned()];
        return section;
    }
    let largest: Vec<String> = found.iter().take(SHOWN).map(|found| told(found)).collect();
    found.sort_by(|a, b| b.accounts.cmp(&a.accounts).then_with(|| b.people.cmp(&a.people)));
    let second = found.get(1).map_or(0, |found| found.accounts);
    let staff = found.first().filter(|found| {
        let most = (look.profile.people.all / 50).max(50);
        let is_mail = ["mail", "post", "inbox"].iter().any(|word| found.domain.contains(word));
        found.accounts >= STAFF_ACCOUNTS && found.accounts >= second * 3 && found.people <= most && !is_mail
    });
    match staff {
        Some(staff) => {
            section.because.push(format!(
                "{} of {} are in {}; any other company's domain is in {} at most. So do a vendor's own people look.",
                count(staff.people, "person", "people"),
                staff.domain,
                count(staff.accounts, "account", "accounts"),
                grouped(second)
            ));
            section
                .doubts
                .push("An agency or a provider of free mail (free_domains) can look so, too. Is it yours?".to_owned());
            section.settings = vec![format!("internal_domains: [{}]", text_to_yaml(&staff.domain))];
        }
        None => {
            section.doubts.push(format!(
                "None stands out as your own. Write yours here. The largest companies seen: {}.",
                largest.join(", ")
            ));
            section.proposed = vec!["internal_domains: [our-company.example]".to_owned()];
        }
    }
    section
}

/// Competitors' domains: no data tells.
pub fn competitor_domains() -> Section {
    Section {
        key: "competitor_domains",
        because: vec!["Competitors who look around, for `domain_kind: competitor`.".to_owned()],
        doubts: vec!["Only you know them; no data tells.".to_owned()],
        proposed: vec!["competitor_domains: [rival.example]".to_owned()],
        ..Section::default()
    }
}

/// How an account is found: by ids where the data has them, else by work addresses.
pub fn rule(look: &Look) -> Section {
    let people = look.profile.people;
    let mut section = Section {
        key: "account",
        because: vec![
            "How an account is found. Ids of accounts in the data always count; `from: email_domain` puts everybody \
             else with a work address into the account of the domain."
                .to_owned(),
        ],
        ..Section::default()
    };
    if people.all == 0 {
        section.because.push(
            "The data has no people, only accounts: definitions are of accounts (`subject: account`), and it is left out."
                .to_owned(),
        );
        return section;
    }
    let companies = companies(look);
    let staff: u64 = companies.iter().map(|found| found.people).sum();
    let shared = companies.iter().filter(|found| found.people > 1).count() as u64;
    section.because.push(format!(
        "{} of people have an account, {} an address of a company, of which {} have several people.",
        percent(people.with_account, people.all),
        percent(staff, people.all),
        grouped(shared),
    ));
    let line = "account: { from: email_domain }".to_owned();
    if people.with_account * 2 >= people.all {
        section.because.push("The data's own ids are enough, so it is left out.".to_owned());
    } else if staff * 10 >= people.all && shared > 0 {
        section.doubts.push(
            "Large companies and agencies are one account so, with all their teams. Two domains of one company: \
             `aliases: { acme.de: acme.com }`."
                .to_owned(),
        );
        section.settings = vec![line];
    } else {
        section
            .doubts
            .push("Too few share a company to make accounts by their addresses. To do it all the same:".to_owned());
        section.proposed = vec![line];
    }
    section
}
