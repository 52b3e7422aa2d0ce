//! Starts and calls of one subject, and what they came to.

use crate::figures::{Figures, Spread, Start, Warm, milliseconds, percentile};
use crate::plan::{Plan, Subject};
use crate::reading;
use crate::subject::{Role, Stage};
use crate::support::runtime_api::Function;
use std::time::{Duration, Instant};

/// Calls of one kind at a stretch; the stand-in keeps no more than 1,000 tasks.
pub const BATCH: usize = 200;
/// The longest token that was seen in use.
const TOKEN_CHARACTERS: usize = 712;

pub struct Rounds<'a> {
    plan: &'a Plan,
    label: &'a str,
    stage: Stage<'a>,
    deadline: Instant,
    create_starts: Starts,
    process_starts: Starts,
    warm: Option<(Function, Function)>,
    create_two: Calls,
    create_five: Calls,
    callback: Calls,
    peak_memory_kib: u64,
    link_characters: usize,
}

#[derive(Default)]
struct Starts {
    ready: Vec<Duration>,
    first_answer: Vec<Duration>,
    cpu: Vec<Option<Duration>>,
}

#[derive(Default)]
struct Calls {
    took: Vec<Duration>,
    wall: Duration,
    cpu: Duration,
    kms: usize,
}

impl<'a> Rounds<'a> {
    pub fn new(plan: &'a Plan, subject: &'a Subject, deadline: Instant) -> Self {
        Self {
            plan,
            label: &subject.label,
            stage: Stage::new(plan, subject),
            deadline,
            create_starts: Starts::default(),
            process_starts: Starts::default(),
            warm: None,
            create_two: Calls::default(),
            create_five: Calls::default(),
            callback: Calls::default(),
            peak_memory_kib: 0,
            link_characters: 0,
        }
    }

    /// Starts both roles once, each for one event that waits already.
    pub fn cold_start(&mut self) -> Result<(), String> {
        self.check_time()?;
        let (task, token) = self.stage.waiting_task();
        let mut create = self.stage.start(Role::Create);
        let (url, _) = self.stage.create(&mut create, &token, 2)?;
        self.create_starts.add(&create);
        self.retire(create)?;
        let mut process = self.stage.start(Role::Process);
        self.stage.open(&mut process, &url, task)?;
        self.process_starts.add(&process);
        self.retire(process)
    }

    /// Starts the instances that stay, and lets them do everything a few times before it counts.
    pub fn warm_up(&mut self) -> Result<(), String> {
        let mut create = self.stage.start(Role::Create);
        let process = self.stage.start(Role::Process);
        let token = self.stage.task_with_token_of(TOKEN_CHARACTERS);
        self.link_characters = self.stage.create(&mut create, &token, 2)?.0.chars().count();
        self.warm = Some((create, process));
        let mut left = self.plan.warm_up;
        while left > 0 {
            let count = left.min(BATCH);
            self.batch(count)?;
            left -= count;
        }
        self.create_two = Calls::default();
        self.create_five = Calls::default();
        self.callback = Calls::default();
        Ok(())
    }

    /// So many calls of each kind.
    pub fn batch(&mut self, count: usize) -> Result<(), String> {
        self.check_time()?;
        let Some((mut create, mut process)) = self.warm.take() else {
            return Err("no instance was started".to_owned());
        };
        let stage = &self.stage;
        let tasks: Vec<_> = (0..count).map(|_| stage.waiting_task()).collect();
        let mut links = Vec::new();
        self.create_two
            .measure(stage, &mut create, count, |create, number| {
                let (_, token) = tasks.get(number).ok_or("no task")?;
                let (url, took) = stage.create(create, token, 2)?;
                links.push(url);
                Ok(took)
            })?;
        self.create_five
            .measure(stage, &mut create, count, |create, number| {
                let (_, token) = tasks.get(number).ok_or("no task")?;
                Ok(stage.create(create, token, 5)?.1)
            })?;
        self.callback
            .measure(stage, &mut process, count, |process, number| {
                let (task, _) = tasks.get(number).ok_or("no task")?;
                stage.open(process, links.get(number).ok_or("no link")?, *task)
            })?;
        self.warm = Some((create, process));
        Ok(())
    }

    pub fn finish(mut self) -> Result<Figures, String> {
        if let Some((create, process)) = self.warm.take() {
            self.retire(create)?;
            self.retire(process)?;
        }
        Ok(Figures {
            label: self.label.to_owned(),
            create: self.create_starts.figures(),
            process: self.process_starts.figures(),
            create_two: self.create_two.figures(),
            create_five: self.create_five.figures(),
            callback: self.callback.figures(),
            peak_memory_kib: self.peak_memory_kib,
            link_characters: self.link_characters,
        })
    }

    fn retire(&mut self, function: Function) -> Result<(), String> {
        let peak = function
            .peak_memory_kib()
            .ok_or("/proc does not tell the peak memory")?;
        self.peak_memory_kib = self.peak_memory_kib.max(peak);
        match function.finish().violations.first() {
            None => Ok(()),
            Some(violation) => Err(format!(
                "{} broke the rules of the Runtime API: {violation}",
                self.label
            )),
        }
    }

    fn check_time(&self) -> Result<(), String> {
        match Instant::now() > self.deadline {
            true => Err(format!(
                "{}: the time for the whole run is over; ask for fewer --starts or --calls, or set --limit",
                self.label
            )),
            false => Ok(()),
        }
    }
}

impl Starts {
    fn add(&mut self, function: &Function) {
        let times = function.times();
        self.ready.extend(times.ready);
        self.first_answer.extend(times.first_response);
        self.cpu
            .push(reading::cpu_of_living_threads(function.process_id()));
    }

    fn figures(self) -> Start {
        Start {
            ready: Spread::of(self.ready),
            first_answer: Spread::of(self.first_answer),
            cpu: self.cpu.into_iter().collect::<Option<Vec<_>>>().map(Spread::of),
        }
    }
}

impl Calls {
    /// Does it `count` times; what comes before and after is not in the figures.
    fn measure(
        &mut self,
        stage: &Stage<'_>,
        function: &mut Function,
        count: usize,
        mut once: impl FnMut(&mut Function, usize) -> Result<Duration, String>,
    ) -> Result<(), String> {
        let cpu = |function: &Function| {
            reading::cpu(function.process_id()).ok_or_else(|| "/proc does not tell the CPU time".to_owned())
        };
        stage.forget_calls();
        let (cpu_before, start) = (cpu(function)?, Instant::now());
        for number in 0..count {
            self.took.push(once(function, number)?);
        }
        self.wall += start.elapsed();
        self.cpu += cpu(function)?.saturating_sub(cpu_before);
        self.kms += stage.kms_calls();
        Ok(())
    }

    fn figures(mut self) -> Warm {
        self.took.sort();
        let count = self.took.len();
        let calls = u32::try_from(count).map_or(f64::NAN, f64::from);
        let kms = u32::try_from(self.kms).map_or(f64::NAN, f64::from);
        let round = |value: f64| (value * 1e4).round() / 1e4;
        Warm {
            count,
            p50: percentile(&self.took, 50),
            p99: percentile(&self.took, 99),
            per_second: round(calls / self.wall.as_secs_f64()),
            cpu_seconds_per_1000: round(milliseconds(self.cpu) / calls),
            kms_calls: round(kms / calls),
        }
    }
}
