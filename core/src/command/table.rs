//! The commands that a server serves, found by name.

use std::fmt;
use std::sync::Arc;

use super::categories::CategoryNames;
use super::index::Index;
use super::{Command, CommandFlags, Str};

/// A command or subcommand of a [`CommandTable`]: its place in the table.
///
/// It stays the command's as long as the table, or a clone with changes, holds the command. The id of a
/// removed command is given to later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(u16);

impl CommandId {
    pub(super) fn new(place: u16) -> Self {
        Self(place)
    }

    /// The place, to keep other things about commands in a list of [`CommandTable::len`] items.
    #[inline]
    pub fn index(self) -> usize {
        self.0.into()
    }
}

/// Why a command can't be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableError {
    /// There is a command of this name.
    Taken,
    /// There are as many commands as a table can hold.
    Full,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "a command of this name exists",
            Self::Full => "the command table is full",
        })
    }
}

impl std::error::Error for TableError {}

/// The commands that a server serves: builtin rows that have a handler, and rows of modules.
///
/// It is shared as `Arc<CommandTable>` and never changed in place: who loads a module clones it (some
/// 60 KB in 30 us; rows aren't copied), changes the clone and shares that.
#[derive(Clone, Debug)]
pub struct CommandTable {
    entries: Vec<Option<Entry>>,
    index: Index,
    categories: CategoryNames,
    version: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    row: Row,
    /// The name it is found by: its own, but for renamed ones.
    found_by: Str,
    container: Option<CommandId>,
    subcommands: Vec<CommandId>,
}

/// Where an entry's row lives.
#[derive(Clone, Debug)]
enum Row {
    Builtin(&'static Command),
    Module(Arc<Command>),
    /// A subcommand: its position in the container's row.
    ModuleSub(Arc<Command>, usize),
}

impl Row {
    #[inline]
    fn command(&self) -> &Command {
        match self {
            Self::Builtin(row) => row,
            Self::Module(row) => row,
            Self::ModuleSub(container, position) => &container.subcommands[*position],
        }
    }
}

impl CommandTable {
    /// A table of these builtin rows and all of their subcommands. The n-th row gets the id n.
    ///
    /// # Panics
    /// If two rows have the same name.
    pub fn new(rows: impl IntoIterator<Item = &'static Command>) -> Self {
        Self::with_subcommands(rows, |_| true)
    }

    /// A table of these builtin rows, and those of their subcommands that `served` says yes to. The n-th row
    /// gets the id n; subcommands follow.
    ///
    /// # Panics
    /// If two rows have the same name.
    pub fn with_subcommands(
        rows: impl IntoIterator<Item = &'static Command>,
        served: impl Fn(&Command) -> bool,
    ) -> Self {
        let mut table =
            Self { entries: Vec::new(), index: Index::default(), categories: CategoryNames::default(), version: 0 };
        for row in rows {
            table.push(Row::Builtin(row), None).expect("there are few commands");
        }
        for container in (0..table.entries.len()).map(|id| CommandId(id as u16)) {
            let Some(Entry { row: Row::Builtin(row), .. }) = table.entry(container) else {
                continue;
            };
            for sub in row.subcommands.iter().filter(|sub| served(sub)) {
                table.push(Row::Builtin(sub), Some(container)).expect("there are few commands");
            }
        }
        let unique = table.rebuild_index();
        assert!(unique, "two commands have the same name");
        table
    }

    /// The command called `name`, in any case.
    #[inline]
    pub fn lookup(&self, name: &[u8]) -> Option<CommandId> {
        self.index.find(name, None)
    }

    /// The subcommand of `container` called `name`, in any case.
    #[inline]
    pub fn lookup_sub(&self, container: CommandId, name: &[u8]) -> Option<CommandId> {
        self.index.find(name, Some(container))
    }

    /// The command or subcommand with this full name: `get`, `config|get`.
    pub fn lookup_full(&self, full_name: &[u8]) -> Option<CommandId> {
        let mut parts = full_name.split(|&byte| byte == b'|');
        let command = self.lookup(parts.next()?)?;
        match (parts.next(), parts.next()) {
            (None, _) => Some(command),
            (Some(sub), None) => self.lookup_sub(command, sub),
            (Some(_), Some(_)) => None,
        }
    }

    /// What an invocation that begins with these arguments runs: the subcommand if the command is a container
    /// and there is a second argument, else the command. `None`: unknown, or an unknown subcommand.
    #[inline]
    pub fn resolve(&self, name: &[u8], second: Option<&[u8]>) -> Option<CommandId> {
        let command = self.lookup(name)?;
        match second {
            Some(sub) if self.get(command).is_container() => self.lookup_sub(command, sub),
            _ => Some(command),
        }
    }

    /// The row of `id`.
    ///
    /// # Panics
    /// If the command has been removed from this table.
    #[inline]
    pub fn get(&self, id: CommandId) -> &Command {
        self.live(id).row.command()
    }

    /// The row of `id`, if it is still there: for ids that outlive the table they come from.
    #[inline]
    pub fn try_get(&self, id: CommandId) -> Option<&Command> {
        Some(self.entry(id)?.row.command())
    }

    /// The command that `id` is a subcommand of.
    pub fn container(&self, id: CommandId) -> Option<CommandId> {
        self.live(id).container
    }

    /// The subcommands of `id` that are served, in order of name.
    #[inline]
    pub fn subcommands(&self, id: CommandId) -> &[CommandId] {
        &self.live(id).subcommands
    }

    /// All commands, without subcommands, in order of id.
    pub fn commands(&self) -> impl Iterator<Item = CommandId> {
        self.ids().filter(|id| self.live(*id).container.is_none())
    }

    /// All commands and subcommands, in order of id.
    pub fn ids(&self) -> impl Iterator<Item = CommandId> {
        let live = self.entries.iter().enumerate().filter(|(_, entry)| entry.is_some());
        live.map(|(id, _)| CommandId(id as u16))
    }

    /// Number of commands, without subcommands.
    pub fn count(&self) -> usize {
        self.commands().count()
    }

    /// One more than the greatest id so far.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no command.
    pub fn is_empty(&self) -> bool {
        self.ids().next().is_none()
    }

    /// The ACL categories, with those of modules.
    pub fn categories(&self) -> &CategoryNames {
        &self.categories
    }

    /// The ACL categories, to add a module's.
    pub fn categories_mut(&mut self) -> &mut CategoryNames {
        self.version += 1;
        &mut self.categories
    }

    /// Counts the changes since the table was built: who caches an id keeps this with it.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Adds a builtin command with its subcommands.
    pub fn add_builtin(&mut self, row: &'static Command) -> Result<CommandId, TableError> {
        if self.lookup(row.name.as_bytes()).is_some() {
            return Err(TableError::Taken);
        }
        let id = self.push(Row::Builtin(row), None)?;
        for sub in row.subcommands.iter() {
            self.push(Row::Builtin(sub), Some(id))?;
        }
        self.rebuild_index();
        Ok(id)
    }

    /// Adds a module's command with its subcommands.
    pub fn add(&mut self, row: Arc<Command>) -> Result<CommandId, TableError> {
        if self.lookup(row.name.as_bytes()).is_some() {
            return Err(TableError::Taken);
        }
        let id = self.push(Row::Module(row), None)?;
        if let Err(error) = self.push_module_subs(id) {
            self.remove(id);
            return Err(error);
        }
        Ok(id)
    }

    /// Changes the row of a module's command; it and its subcommands of the same name keep their ids. On
    /// an error the table is as it was.
    ///
    /// # Panics
    /// If `id` is not a module's command, or the row has another name.
    pub fn replace(&mut self, id: CommandId, row: Arc<Command>) -> Result<(), TableError> {
        assert!(matches!(self.live(id).row, Row::Module(_)), "only a module's command changes");
        assert_eq!(row.name, self.get(id).name, "a command keeps its name");
        let before = self.clone();
        let subs = std::mem::take(&mut self.live_mut(id).subcommands);
        self.live_mut(id).row = Row::Module(row.clone());
        for sub in subs {
            let name = self.live(sub).found_by.clone();
            match row.subcommands.iter().position(|s| *s.name == *name) {
                Some(position) => {
                    self.live_mut(sub).row = Row::ModuleSub(row.clone(), position);
                    self.live_mut(id).subcommands.push(sub);
                }
                None => self.entries[sub.index()] = None,
            }
        }
        let outcome = self.push_module_subs(id);
        if outcome.is_err() {
            *self = before;
        }
        outcome
    }

    /// Removes a command with its subcommands. Their ids are given to later commands.
    pub fn remove(&mut self, id: CommandId) {
        let Some(entry) = self.entries.get_mut(id.index()).and_then(Option::take) else {
            return;
        };
        for sub in entry.subcommands {
            self.entries[sub.index()] = None;
        }
        if let Some(container) = entry.container {
            self.live_mut(container).subcommands.retain(|sub| *sub != id);
        }
        self.rebuild_index();
    }

    /// Makes a command, not a subcommand, found by another name, as the `rename-command` setting asks. Its row
    /// and what `COMMAND` prints go on calling it what it was.
    pub fn rename(&mut self, id: CommandId, name: &str) -> Result<(), TableError> {
        if self.lookup(name.as_bytes()).is_some_and(|other| other != id) {
            return Err(TableError::Taken);
        }
        self.live_mut(id).found_by = Str::Owned(name.into());
        self.rebuild_index();
        Ok(())
    }

    fn entry(&self, id: CommandId) -> Option<&Entry> {
        self.entries.get(id.index())?.as_ref()
    }

    #[inline]
    fn live(&self, id: CommandId) -> &Entry {
        self.entries[id.index()].as_ref().expect("the command is in the table")
    }

    fn live_mut(&mut self, id: CommandId) -> &mut Entry {
        self.entries[id.index()].as_mut().expect("the command is in the table")
    }

    /// Gives the row a free id, but doesn't put it in the index.
    fn push(&mut self, row: Row, container: Option<CommandId>) -> Result<CommandId, TableError> {
        let command = row.command();
        debug_assert!(
            matches!(row, Row::Builtin(_)) != command.flags.contains(CommandFlags::MODULE),
            "{}: modules' commands have the flag, and only they",
            command.full_name
        );
        let found_by = command.name.clone();
        let entry = Some(Entry { row, found_by, container, subcommands: Vec::new() });
        let id = match self.entries.iter().position(Option::is_none) {
            Some(free) => {
                self.entries[free] = entry;
                CommandId(free as u16)
            }
            None if self.entries.len() < Index::ITEMS_MAX => {
                self.entries.push(entry);
                CommandId(self.entries.len() as u16 - 1)
            }
            None => return Err(TableError::Full),
        };
        if let Some(container) = container {
            self.live_mut(container).subcommands.push(id);
        }
        Ok(id)
    }

    /// Adds those subcommands of a module's row that the table doesn't have yet, and makes the index anew.
    fn push_module_subs(&mut self, id: CommandId) -> Result<(), TableError> {
        let Row::Module(row) = self.live(id).row.clone() else { unreachable!("a module's command") };
        let kept = self.live(id).subcommands.clone();
        for (position, sub) in row.subcommands.iter().enumerate() {
            if !kept.iter().any(|have| self.get(*have).name == sub.name) {
                self.push(Row::ModuleSub(row.clone(), position), Some(id))?;
            }
        }
        if self.rebuild_index() { Ok(()) } else { Err(TableError::Taken) }
    }

    /// Sorts subcommands and makes the index anew; false if a name is there twice.
    fn rebuild_index(&mut self) -> bool {
        self.version += 1;
        let mut index = Index::with_room_for(self.entries.len());
        let mut unique = true;
        for id in self.ids().collect::<Vec<_>>() {
            let mut subs = std::mem::take(&mut self.live_mut(id).subcommands);
            subs.sort_by(|a, b| self.get(*a).name.cmp(&self.get(*b).name));
            let entry = self.live_mut(id);
            entry.subcommands = subs;
            unique &= index.insert(entry.found_by.as_bytes(), entry.container, id);
        }
        self.index = index;
        unique
    }
}
