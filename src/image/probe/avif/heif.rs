//! HEIF's `meta` box: the items of a file, their bytes, properties and references (ISO/IEC 23008-12 and 14496-12).

use std::borrow::Cow;

use super::bmff::{Fields, Name};

/// A file that lists more of anything is not read.
const COUNT_MAX: usize = 8192;
/// Nor one that says more of an item: thousands of tiles may be one item, whose properties are read for each.
const PROPERTIES_MAX: usize = 64;

pub(super) struct Property<'a> {
    pub(super) name: Name,
    pub(super) contents: Fields<'a>,
    /// Who does not know it must not show the item.
    pub(super) is_essential: bool,
}

/// What the box says. Every length and place in it was checked against the file.
pub(super) struct Meta<'a> {
    pub(super) primary: u32,
    file: &'a [u8],
    /// This and the next are sorted by item.
    kinds: Vec<(u32, Name)>,
    locations: Vec<Location<'a>>,
    references: Vec<Reference>,
    properties: Vec<(Name, Fields<'a>)>,
    /// Sorted by item.
    associations: Vec<Association>,
}

/// An item, and the pieces of the file that it consists of.
pub(super) type Location<'a> = (u32, Vec<&'a [u8]>);

struct Reference {
    name: Name,
    from: u32,
    to: Vec<u32>,
}

struct Association {
    item: u32,
    /// Among the properties, from 1.
    place: usize,
    is_essential: bool,
}

impl<'a> Meta<'a> {
    /// [`None`]: it is damaged, or speaks of bytes that the file does not have.
    pub(super) fn read(file: &'a [u8], mut meta: Fields<'a>) -> Option<Self> {
        meta.version()?;
        let boxes = meta.boxes()?;
        let find = |wanted: &Name| boxes.iter().find(|(name, _)| name == wanted).map(|(_, contents)| *contents);
        let idat = find(b"idat").map_or(&[][..], |idat| idat.0);
        let mut associations = Vec::new();
        let described = find(b"iprp")?.boxes()?;
        for (_, contents) in described.iter().filter(|(name, _)| name == b"ipma") {
            read_associations(*contents, &mut associations)?;
        }
        associations.sort_by_key(|association| association.item);
        if associations.chunk_by(|one, other| one.item == other.item).any(|own| own.len() > PROPERTIES_MAX) {
            return None;
        }
        let properties = described.iter().find(|(name, _)| name == b"ipco")?.1.boxes()?;
        let references = find(b"iref").map_or(Some(Vec::new()), read_references)?;
        let (mut kinds, mut locations) = (read_kinds(find(b"iinf")?)?, read_locations(find(b"iloc")?, file, idat)?);
        kinds.sort_by_key(|(item, _)| *item);
        locations.sort_by_key(|(item, _)| *item);
        Some(Self {
            primary: read_primary(find(b"pitm")?)?,
            file,
            kinds,
            locations,
            references,
            properties,
            associations,
        })
    }

    /// Every item that has bytes, and its pieces.
    pub(super) fn items(&self) -> &[Location<'a>] {
        &self.locations
    }

    pub(super) fn kind_of(&self, item: u32) -> Option<&Name> {
        own(&self.kinds, item, |(id, _)| *id).first().map(|(_, kind)| kind)
    }

    pub(super) fn properties_of(&self, item: u32) -> impl Iterator<Item = Property<'a>> {
        own(&self.associations, item, |association| association.item).iter().filter_map(|association| {
            let (name, contents) = *self.properties.get(association.place.checked_sub(1)?)?;
            Some(Property { name, contents, is_essential: association.is_essential })
        })
    }

    /// What an item refers to by this name.
    pub(super) fn referred(&self, name: Name, from: u32) -> Option<&[u32]> {
        let found = self.references.iter().find(|reference| reference.name == name && reference.from == from);
        found.map(|reference| &*reference.to)
    }

    pub(super) fn refers(&self, name: Name, from: u32, to: u32) -> bool {
        self.referring(name, to).any(|referring| referring == from)
    }

    /// The items that refer to one by this name.
    pub(super) fn referring(&self, name: Name, to: u32) -> impl Iterator<Item = u32> {
        let found =
            self.references.iter().filter(move |reference| reference.name == name && reference.to.contains(&to));
        found.map(|reference| reference.from)
    }

    pub(super) fn bytes_of(&self, item: u32) -> Option<Cow<'a, [u8]>> {
        match *self.extents_of(item)? {
            [] => None,
            [extent] => Some(Cow::Borrowed(extent)),
            // The same bytes named over and over would make much of little.
            _ if self.length_of(item) > self.file.len() => None,
            ref extents => Some(Cow::Owned(extents.concat())),
        }
    }

    /// Whether these items come to about as many bytes as the file can have for them. Flat tiles are often one that is named
    /// over and over, which may be so if they are small; megabytes would make much of little.
    pub(super) fn are_modest(&self, items: &[u32]) -> bool {
        const SHARED_BYTES: usize = 1024;
        let bytes: usize = items.iter().map(|item| self.length_of(*item)).sum();
        bytes <= self.file.len() + items.len() * SHARED_BYTES
    }

    fn extents_of(&self, item: u32) -> Option<&[&'a [u8]]> {
        own(&self.locations, item, |(id, _)| *id).first().map(|(_, extents)| &**extents)
    }

    fn length_of(&self, item: u32) -> usize {
        self.extents_of(item).unwrap_or_default().iter().map(|extent| extent.len()).sum()
    }
}

/// What a list that is sorted by item has of one.
fn own<T>(list: &[T], item: u32, item_of: impl Fn(&T) -> u32) -> &[T] {
    let rest = &list[list.partition_point(|entry| item_of(entry) < item)..];
    &rest[..rest.partition_point(|entry| item_of(entry) == item)]
}

fn read_primary(mut fields: Fields) -> Option<u32> {
    match fields.version()? {
        (0, _) => fields.short().map(u32::from),
        _ => fields.long(),
    }
}

fn read_kinds(mut fields: Fields) -> Option<Vec<(u32, Name)>> {
    match fields.version()? {
        (0, _) => fields.number(2)?,
        _ => fields.number(4)?,
    };
    let mut kinds = Vec::new();
    for (name, mut entry) in fields.boxes()? {
        let (version, _) = entry.version()?;
        // Versions 0 and 1 know no kinds of coded pictures.
        if name == *b"infe" && version >= 2 {
            let id = entry.number(if version == 2 { 2 } else { 4 })?;
            entry.short()?;
            kinds.push((u32::try_from(id).ok()?, entry.name()?));
        }
    }
    (kinds.len() <= COUNT_MAX).then_some(kinds)
}

fn read_references(mut fields: Fields) -> Option<Vec<Reference>> {
    let (version, _) = fields.version()?;
    let id = |fields: &mut Fields| u32::try_from(fields.number(if version == 0 { 2 } else { 4 })?).ok();
    let mut references = Vec::new();
    let mut total = 0;
    for (name, mut entry) in fields.boxes()? {
        let from = id(&mut entry)?;
        let count = usize::from(entry.short()?);
        total += count.max(1);
        if total > COUNT_MAX {
            return None;
        }
        let to = (0..count).map(|_| id(&mut entry)).collect::<Option<_>>()?;
        references.push(Reference { name, from, to });
    }
    Some(references)
}

fn read_associations(mut fields: Fields, associations: &mut Vec<Association>) -> Option<()> {
    let (version, flags) = fields.version()?;
    for _ in 0..fields.long()? {
        let item = u32::try_from(fields.number(if version == 0 { 2 } else { 4 })?).ok()?;
        for _ in 0..fields.byte()? {
            // The first bit says whether the property is essential, the others its place.
            let bits = if flags & 1 == 0 { 7 } else { 15 };
            let word = usize::from(if bits == 7 { fields.byte()?.into() } else { fields.short()? });
            associations.push(Association { item, place: word & ((1 << bits) - 1), is_essential: word >> bits == 1 });
        }
        if associations.len() > COUNT_MAX {
            return None;
        }
    }
    Some(())
}

fn read_locations<'a>(mut fields: Fields<'a>, file: &'a [u8], idat: &'a [u8]) -> Option<Vec<Location<'a>>> {
    let (version, _) = fields.version()?;
    let sizes = fields.short()?;
    let nibble = |place: u16| usize::from(sizes >> place & 15);
    let index_bytes = if version == 0 { 0 } else { nibble(0) };
    let id_bytes = if version < 2 { 2 } else { 4 };
    let mut locations = Vec::new();
    let mut total = 0;
    for _ in 0..fields.number(id_bytes)? {
        let id = u32::try_from(fields.number(id_bytes)?).ok()?;
        let method = if version == 0 { 0 } else { fields.short()? & 15 };
        fields.short()?;
        let base = fields.number(nibble(4))?;
        let mut extents = Vec::new();
        for _ in 0..fields.short()? {
            fields.number(index_bytes)?;
            let at = usize::try_from(base.checked_add(fields.number(nibble(12))?)?).ok()?;
            let length = usize::try_from(fields.number(nibble(8))?).ok()?;
            let rest = match method {
                0 => file.get(at..)?,
                1 => idat.get(at..)?,
                _ => continue, // out of other items, which no AVIF is
            };
            // A length of 0 means all the rest.
            extents.push(if length == 0 { rest } else { rest.get(..length)? });
        }
        total += extents.len().max(1);
        if total > COUNT_MAX {
            return None;
        }
        locations.push((id, extents));
    }
    Some(locations)
}
