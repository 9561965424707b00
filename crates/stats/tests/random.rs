//! The generator gives the same numbers for ever, and they look random.

use stats::random::Generator;

#[test]
fn the_sequence_is_frozen() {
    let mut random = Generator::new(42);
    let first: Vec<u64> = (0..3).map(|_| random.bits()).collect();
    let mut items: Vec<u32> = (0..8).collect();
    random.shuffle(&mut items);
    assert_eq!(first, [1_813_884_141_187_290_776, 1_107_141_752_332_625_643, 9_879_167_819_530_835_584]);
    assert_eq!(items, [3, 7, 1, 6, 4, 2, 0, 5]);
}

#[test]
fn streams_differ() {
    let mut seen: Vec<u64> = Vec::new();
    for seed in 0..30 {
        for stream in 0..30 {
            seen.push(Generator::stream(seed, stream).bits());
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 900);
    assert_eq!(Generator::new(7), Generator::stream(7, 0));
}

#[test]
fn draws_are_even() {
    let mut random = Generator::new(1);
    let mut counts = [0_u32; 6];
    let mut sum = 0.0;
    for _ in 0..60_000 {
        counts[random.below(6) as usize] += 1;
        let uniform = random.uniform();
        assert!((0.0..1.0).contains(&uniform));
        sum += uniform;
        assert!(random.exponential() >= 0.0);
    }
    // Six standard deviations.
    assert!(counts.iter().all(|count| count.abs_diff(10_000) < 550), "{counts:?}");
    assert!((sum / 60_000.0 - 0.5).abs() < 0.008);
    assert_eq!([random.below(0), random.below(1)], [0, 0]);
    assert!(random.happens(1.0) && !random.happens(0.0) && !random.happens(f64::NAN));
}

#[test]
fn all_orders_are_equally_likely() {
    let mut random = Generator::new(5);
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..24_000 {
        let mut items = [0, 1, 2, 3];
        random.shuffle(&mut items);
        *counts.entry(items).or_insert(0_u32) += 1;
    }
    assert_eq!(counts.len(), 24);
    assert!(counts.values().all(|count| count.abs_diff(1_000) < 190), "{counts:?}");
    let mut nothing: [u8; 0] = [];
    random.shuffle(&mut nothing);
}
