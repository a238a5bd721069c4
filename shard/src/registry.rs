//! The commands that are served: the table of what they are, and beside it what runs them.

use std::sync::Arc;
use valkore_core::cmd::{Place, StepRow};

use valkore_core::command::{Command, CommandFlags, CommandId, CommandTable, ROWS, TableError};
use valkore_core::resp::Args;
use valkore_core::step::StepFn;

/// What runs a command.
#[derive(Clone, Copy)]
pub enum Run {
    /// A container is asked for without a subcommand, or an id is free.
    Nothing,
    /// A step where its keys are; without keys on the client's own shard.
    Keyed(StepFn),
    /// A step over all shards' data.
    World(StepFn),
    /// A step on the shard that owns the slot in the cursor, which is argument 1.
    Cursor(StepFn),
    /// A command of the connection: the front end's function of this number.
    Session(u16),
    /// A command that only home can run: a module's, or one about modules.
    Home,
}

/// The command table, and what runs each command.
#[derive(Clone)]
pub struct Registry {
    /// What the commands are.
    pub table: CommandTable,
    runs: Vec<Run>,
}

impl Registry {
    /// Serves the rows of these names: steps, and session commands by the front end's numbers.
    /// Aborts on a name that has no row.
    pub fn new(steps: &[StepRow], sessions: &[(&str, u16)]) -> Self {
        let find = |full: &str| {
            let step = steps.iter().find(|s| s.name == full).map(|s| match s.place {
                Place::Keys => Run::Keyed(s.run),
                Place::World => Run::World(s.run),
                Place::Cursor => Run::Cursor(s.run),
            });
            step.or_else(|| sessions.iter().find(|s| s.0 == full).map(|s| Run::Session(s.1)))
        };
        let served = |c: &Command| find(&c.full_name).is_some();
        let rows = ROWS.iter().flat_map(|g| g.iter());
        let rows = rows.filter(|c| served(c) || c.subcommands.iter().any(served));
        let table = CommandTable::with_subcommands(rows, served);
        let mut runs = vec![Run::Nothing; table.len()];
        let mut known = 0;
        for id in table.ids() {
            if let Some(run) = find(&table.get(id).full_name) {
                runs[id.index()] = run;
                known += 1;
            }
        }
        assert_eq!(known, steps.len() + sessions.len(), "each handler has a row, and one row only");
        Self { table, runs }
    }

    /// The same commands and those of `rows`, which are home's.
    pub fn with_home(
        &self,
        rows: impl IntoIterator<Item = Arc<Command>>,
    ) -> Result<(Self, Vec<CommandId>), TableError> {
        let mut new = self.clone();
        let ids = rows.into_iter().map(|row| new.table.add(row)).collect::<Result<Vec<_>, _>>()?;
        new.runs.resize(new.table.len(), Run::Nothing);
        for &id in &ids {
            new.serve_at_home(id);
        }
        Ok((new, ids))
    }

    /// Serves a builtin container whose subcommands are home's.
    pub fn serve_builtin_at_home(&mut self, row: &'static Command) {
        let Ok(id) = self.table.add_builtin(row) else { return };
        self.serve_at_home(id);
    }

    /// `id` and its subcommands are home's.
    pub fn serve_at_home(&mut self, id: CommandId) {
        self.runs.resize(self.table.len(), Run::Nothing);
        self.runs[id.index()] = Run::Home;
        for &sub in self.table.subcommands(id) {
            self.runs[sub.index()] = Run::Home;
        }
    }

    /// The same commands without these.
    #[must_use]
    pub fn without(&self, ids: &[CommandId]) -> Self {
        let mut new = self.clone();
        for &id in ids {
            for &sub in self.table.subcommands(id) {
                new.runs[sub.index()] = Run::Nothing;
            }
            new.table.remove(id);
            new.runs[id.index()] = Run::Nothing;
        }
        new
    }

    /// What runs `id`.
    #[inline]
    pub fn run(&self, id: CommandId) -> Run {
        self.runs[id.index()]
    }

    /// The row of `id`.
    #[inline]
    pub fn command(&self, id: CommandId) -> &Command {
        self.table.get(id)
    }

    /// Is `id` a command, and the one that these arguments name? The numbers of a module's commands are given to others
    /// after it was unloaded.
    pub fn is_named(&self, id: CommandId, args: Args<'_>) -> bool {
        let same = |(part, arg): (&str, &[u8])| part.as_bytes().eq_ignore_ascii_case(arg);
        self.table.try_get(id).is_some_and(|c| c.full_name.split('|').zip(args.iter_from(0)).all(same))
    }

    /// May `id` change data?
    pub fn is_write(&self, id: CommandId) -> bool {
        self.command(id).flags.contains(CommandFlags::WRITE)
    }
}
