# SPDX-License-Identifier: LGPL-2.1-or-later
"""The volume manager for Python: the classes, methods and exception of the old python-lvm.

    import lvm

    with lvm.vgOpen("vg0", "w") as vg:
        lv = vg.createLvLinear("data", 2 << 30)
        print(lv.getName(), lv.getSize(), vg.getFreeSize())

Sizes are bytes. What concerns an LV (createLvLinear, remove, rename, resize) and tags is on disk,
and on all nodes of a cluster, when the call returns; vg.setExtentSize() is in memory until the next
such call. A failure raises LibLVMError with args (number, message): an errno value, or -1 where none
fits. Using an object that is closed, or whose LV was removed, raises UnboundLocalError.

One handle of the library serves the whole process, as it always did: use it from one thread.
What a cluster adds: clusterMembers(), clusterEvents(), and of an LV activeNodes(), activateExclusive()
and the like.

It is the C library liblvm2app.so.2.2 underneath; no compiler is needed.
"""
from __future__ import annotations

import atexit
import ctypes
import json
import os
import select
from typing import Any, Dict, Iterator, NamedTuple, Optional, Sequence, Tuple, Union

from _lvm_api import Item, Member, Property, api as _api

__all__ = [
    "LibLVMError", "error", "getVersion", "gc", "vgOpen", "vgCreate", "configFindBool",
    "configReload", "configOverride", "scan", "listVgNames", "listVgUuids", "listPvs", "pvCreate",
    "pvRemove", "percentToFloat", "vgNameValidate", "vgNameFromPvid", "vgNameFromDevice",
    "clusterIsRunning", "clusterMembers", "clusterEvents", "ClusterEvents", "ClusterMember",
    "THIN_DISCARDS_IGNORE", "THIN_DISCARDS_NO_PASSDOWN", "THIN_DISCARDS_PASSDOWN",
]

THIN_DISCARDS_IGNORE = 0
THIN_DISCARDS_NO_PASSDOWN = 1
THIN_DISCARDS_PASSDOWN = 2

PropertyValue = Union[int, str, None]

_UINT64_MAX = (1 << 64) - 1


class LibLVMError(Exception):
    """The library refused or failed: args are (number, message)."""


LibLVMError.__module__ = "lvm"
error = LibLVMError


class _Library:
    """The one handle of the process, opened when it is first needed, and which opening it is."""

    handle: Optional[int] = None
    generation = 0

    @classmethod
    def get(cls) -> int:
        if cls.handle is None:
            cls.handle = _api.init(None)
            if not cls.handle:
                raise MemoryError("lvm_init")
            if _api.errno(cls.handle):
                number, message = cls._error()
                cls.quit()
                raise LibLVMError(number, message)
        return cls.handle

    @classmethod
    def quit(cls) -> None:
        if cls.handle is not None:
            _api.quit(cls.handle)
            cls.handle = None
            cls.generation += 1

    @classmethod
    def _error(cls) -> Tuple[int, str]:
        number = _api.errno(cls.handle)
        return number, os.fsdecode(_api.errmsg(cls.handle))

    @classmethod
    def failure(cls) -> LibLVMError:
        return LibLVMError(*cls._error())


atexit.register(_Library.quit)


def _encode(text: Any, optional: bool = False) -> Optional[bytes]:
    if text is None and optional:
        return None
    if not isinstance(text, str):
        raise TypeError(f"a string is required, not {type(text).__name__}")
    if "\0" in text:
        raise ValueError("embedded null character")
    return os.fsencode(text)


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"an integer is required, not {type(value).__name__}")
    if not 0 <= value <= _UINT64_MAX:
        raise ValueError("the number must be from 0 to 2**64 - 1")
    return value


def _check(failed: Any) -> None:
    """Of a function that returns 0 when all is well."""
    if failed:
        raise _Library.failure()


def _found(pointer: Any) -> Any:
    """Of a function that returns NULL when nothing is well."""
    if not pointer:
        raise _Library.failure()
    return pointer


def _text_of(value: Optional[bytes]) -> str:
    return os.fsdecode(_found(value)) if value != b"" else ""


def _contents(head: Any) -> Iterator[int]:
    """The pointers that a list holds; none for NULL."""
    if not head:
        return
    first = ctypes.addressof(head.contents)
    at = head.contents.next
    while ctypes.addressof(at.contents) != first:
        item = ctypes.cast(at, ctypes.POINTER(Item)).contents
        yield item.content
        at = item.list.next


def _texts(head: Any) -> Tuple[str, ...]:
    return tuple(os.fsdecode(ctypes.cast(content, ctypes.c_char_p).value or b"")
                 for content in _contents(_found(head)))


def _property(value: Property) -> Tuple[PropertyValue, bool]:
    if not value.is_valid:
        raise _Library.failure()
    settable = bool(value.is_settable)
    if value.is_integer:
        return (value.value.signed_integer if value.is_signed else value.value.integer), settable
    text = value.value.string if value.is_string else None
    return (None if text is None else os.fsdecode(text)), settable


class _Object:
    """What is good as long as the library's handle, and its owner, is open."""

    _what = "object"

    def __init__(self, handle: int, owner: Optional["_Object"] = None) -> None:
        self._handle: Optional[int] = handle
        self._owner = owner
        self._generation = _Library.generation

    def _get(self) -> int:
        if self._generation != _Library.generation:
            raise UnboundLocalError("LVM handle reference stale")
        if self._owner is not None:
            self._owner._get()
        if self._handle is None:
            raise UnboundLocalError(f"{self._what} object invalid")
        return self._handle


# ---- segments ----

class Liblvm_lvseg(_Object):
    """A run of an LV's extents."""

    _what = "LV segment"

    def getProperty(self, name: str) -> Tuple[PropertyValue, bool]:
        """The value of a property, and whether it could be set: ("linear", False)."""
        return _property(_api.lvseg_get_property(self._get(), _encode(name)))


class Liblvm_pvseg(_Object):
    """A run of a PV's extents, used or free."""

    _what = "PV segment"

    def getProperty(self, name: str) -> Tuple[PropertyValue, bool]:
        """The value of a property, and whether it could be set."""
        return _property(_api.pvseg_get_property(self._get(), _encode(name)))


# ---- LVs ----

class Liblvm_lv(_Object):
    """A logical volume of an open VG."""

    _what = "LV"

    def getName(self) -> str:
        """Its name, without the VG's."""
        return _text_of(_api.lv_get_name(self._get()))

    def getUuid(self) -> str:
        """Its id, with dashes."""
        return _text_of(_api.lv_get_uuid(self._get()))

    def getAttr(self) -> str:
        """The ten characters of lvs."""
        return _text_of(_api.lv_get_attr(self._get()))

    def getOrigin(self) -> Optional[str]:
        """The volume that it is a snapshot of, or None."""
        origin = _api.lv_get_origin(self._get())
        return None if origin is None else os.fsdecode(origin)

    def getSize(self) -> int:
        """In bytes."""
        return _api.lv_get_size(self._get())

    def getProperty(self, name: str) -> Tuple[PropertyValue, bool]:
        """The value of a property of lvs -o, and whether it could be set."""
        return _property(_api.lv_get_property(self._get(), _encode(name)))

    def isActive(self) -> bool:
        """On this node."""
        return bool(_api.lv_is_active(self._get()))

    def isSuspended(self) -> bool:
        """On this node."""
        return bool(_api.lv_is_suspended(self._get()))

    def activate(self) -> None:
        """In a clustered VG on all members."""
        _check(_api.lv_activate(self._get()))

    def deactivate(self) -> None:
        """In a clustered VG on all members."""
        _check(_api.lv_deactivate(self._get()))

    def activateExclusive(self) -> None:
        """On this node, and on no other while it is. LibLVMError names who has it."""
        _check(_api.cluster_lv_activate_exclusive(self._get()))

    def activateLocal(self) -> None:
        """On this node; the others as they are."""
        _check(_api.cluster_lv_activate_local(self._get()))

    def deactivateLocal(self) -> None:
        """On this node; the others as they are."""
        _check(_api.cluster_lv_deactivate_local(self._get()))

    def activeNodes(self) -> Tuple[str, ...]:
        """Names of the nodes on which it is active, sorted; only in a clustered VG."""
        return _texts(_api.cluster_lv_list_nodes(self._get()))

    def isExclusive(self) -> bool:
        """May only the node where it is active have it?"""
        result = _api.cluster_lv_is_exclusive(self._get())
        _check(result < 0)
        return bool(result)

    def remove(self) -> None:
        """Deactivate and remove it; the object is no more."""
        _check(_api.vg_remove_lv(self._get()))
        self._handle = None

    def rename(self, new_name: str) -> None:
        """Also while it is in use."""
        _check(_api.lv_rename(self._get(), _encode(new_name)))

    def resize(self, new_size: int) -> None:
        """To that many bytes, greater or smaller; no file system is looked at."""
        _check(_api.lv_resize(self._get(), _number(new_size)))

    def addTag(self, tag: str) -> None:
        """Written at once."""
        _check(_api.lv_add_tag(self._get(), _encode(tag)))
        self._write()

    def removeTag(self, tag: str) -> None:
        """Written at once."""
        _check(_api.lv_remove_tag(self._get(), _encode(tag)))
        self._write()

    def _write(self) -> None:
        assert self._owner is not None
        _check(_api.vg_write(self._owner._get()))

    def getTags(self) -> Tuple[str, ...]:
        """All tags of the LV."""
        return _texts(_api.lv_get_tags(self._get()))

    def listLVsegs(self) -> Tuple[Liblvm_lvseg, ...]:
        """Its segments, in order."""
        return tuple(Liblvm_lvseg(handle, self)
                     for handle in _contents(_api.lv_list_lvsegs(self._get())))

    def snapshot(self, name: str, size: int = 0) -> "Liblvm_lv":
        """Not supported: raises LibLVMError."""
        return Liblvm_lv(_found(_api.lv_snapshot(self._get(), _encode(name), _number(size))),
                         self._owner)


# ---- PVs ----

class Liblvm_pv(_Object):
    """A physical volume of an open VG, or of an open list."""

    _what = "PV"

    def getName(self) -> str:
        """Its device."""
        return _text_of(_api.pv_get_name(self._get()))

    def getUuid(self) -> str:
        """Its id, with dashes."""
        return _text_of(_api.pv_get_uuid(self._get()))

    def getMdaCount(self) -> int:
        """Metadata areas."""
        return _api.pv_get_mda_count(self._get())

    def getSize(self) -> int:
        """What it can hold, in bytes."""
        return _api.pv_get_size(self._get())

    def getDevSize(self) -> int:
        """Of the device, in bytes."""
        return _api.pv_get_dev_size(self._get())

    def getFree(self) -> int:
        """In bytes."""
        return _api.pv_get_free(self._get())

    def getProperty(self, name: str) -> Tuple[PropertyValue, bool]:
        """The value of a property of pvs -o, and whether it could be set."""
        return _property(_api.pv_get_property(self._get(), _encode(name)))

    def resize(self, new_size: int) -> None:
        """To that many bytes; 0: as large as the device."""
        _check(_api.pv_resize(self._get(), _number(new_size)))

    def listPVsegs(self) -> Tuple[Liblvm_pvseg, ...]:
        """Used and free runs, in order."""
        return tuple(Liblvm_pvseg(handle, self)
                     for handle in _contents(_api.pv_list_pvsegs(self._get())))


class Liblvm_pvlist(_Object):
    """All PVs: `with lvm.listPvs() as pvs: ...`. Nobody else makes or removes PVs meanwhile."""

    _what = "PVS"

    def __init__(self) -> None:
        super().__init__(0)
        self._handle = None
        self._head: Any = None

    def open(self, *_: Any) -> Tuple[Liblvm_pv, ...]:
        """The PVs; they are good until close()."""
        self.close()
        self._head = _found(_api.list_pvs(_Library.get()))
        self._generation = _Library.generation
        self._handle = ctypes.addressof(self._head.contents)
        return tuple(Liblvm_pv(handle, _ListKeeper(self)) for handle in _contents(self._head))

    def close(self, *_: Any) -> None:
        """Free the list and its lock."""
        if self._handle is not None and self._generation == _Library.generation:
            _check(_api.list_pvs_free(self._head))
        self._handle = self._head = None

    __enter__ = open
    __exit__ = close

    def __del__(self) -> None:
        try:
            self.close()
        except Exception:  # at the interpreter's end the library may be gone
            pass


class _ListKeeper(_Object):
    """One opening of a list: PVs of an earlier one are not good when it is opened again."""

    _what = "PVS"

    def __init__(self, pvs: Liblvm_pvlist) -> None:
        super().__init__(pvs._handle or 0)
        self._pvs = pvs

    def _get(self) -> int:
        if self._pvs._handle != self._handle:
            raise UnboundLocalError("PVS object invalid")
        return super()._get()


# ---- VGs ----

class Liblvm_vg(_Object):
    """An open volume group; also a context manager, which closes it."""

    _what = "VG"

    def __enter__(self) -> "Liblvm_vg":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        try:
            self.close()
        except Exception:  # at the interpreter's end the library may be gone
            pass

    def close(self) -> None:
        """Release it and its lock; may be called again."""
        if self._handle is not None and self._generation == _Library.generation:
            _api.vg_close(self._handle)
        self._handle = None

    def getName(self) -> str:
        """Its name."""
        return _text_of(_api.vg_get_name(self._get()))

    def getUuid(self) -> str:
        """Its id, with dashes."""
        return _text_of(_api.vg_get_uuid(self._get()))

    def _write(self) -> None:
        _check(_api.vg_write(self._get()))

    def remove(self) -> None:
        """Remove it from disk; it must have no LVs. The object is closed."""
        _check(_api.vg_remove(self._get()))
        self._write()
        self.close()

    def extend(self, device: str) -> None:
        """Add a device, a PV or not yet one. Written at once."""
        _check(_api.vg_extend(self._get(), _encode(device)))
        self._write()

    def reduce(self, device: str) -> None:
        """Take out a PV that is not used. Written at once."""
        _check(_api.vg_reduce(self._get(), _encode(device)))
        self._write()

    def addTag(self, tag: str) -> int:
        """Written at once. Returns 0."""
        _check(_api.vg_add_tag(self._get(), _encode(tag)))
        self._write()
        return 0

    def removeTag(self, tag: str) -> None:
        """Written at once."""
        _check(_api.vg_remove_tag(self._get(), _encode(tag)))
        self._write()

    def getTags(self) -> Tuple[str, ...]:
        """All tags of the VG."""
        return _texts(_api.vg_get_tags(self._get()))

    def setExtentSize(self, size: int) -> None:
        """Bytes; in memory until something is written."""
        if _number(size) >= 1 << 32:
            raise OverflowError("the size must be below 4 GiB")
        _check(_api.vg_set_extent_size(self._get(), size))

    def isClustered(self) -> bool:
        """Do all nodes of a cluster share it?"""
        return bool(_api.vg_is_clustered(self._get()))

    def isExported(self) -> bool:
        """Is it exported?"""
        return bool(_api.vg_is_exported(self._get()))

    def isPartial(self) -> bool:
        """Is a PV missing?"""
        return bool(_api.vg_is_partial(self._get()))

    def getSeqno(self) -> int:
        """How often its metadata were written."""
        return _api.vg_get_seqno(self._get())

    def getSize(self) -> int:
        """In bytes."""
        return _api.vg_get_size(self._get())

    def getFreeSize(self) -> int:
        """In bytes."""
        return _api.vg_get_free_size(self._get())

    def getExtentSize(self) -> int:
        """In bytes."""
        return _api.vg_get_extent_size(self._get())

    def getExtentCount(self) -> int:
        """Extents."""
        return _api.vg_get_extent_count(self._get())

    def getFreeExtentCount(self) -> int:
        """Extents."""
        return _api.vg_get_free_extent_count(self._get())

    def getPvCount(self) -> int:
        """PVs."""
        return _api.vg_get_pv_count(self._get())

    def getMaxPv(self) -> int:
        """0: no limit."""
        return _api.vg_get_max_pv(self._get())

    def getMaxLv(self) -> int:
        """0: no limit."""
        return _api.vg_get_max_lv(self._get())

    def getProperty(self, name: str) -> Tuple[PropertyValue, bool]:
        """The value of a property of vgs -o, and whether it can be set."""
        return _property(_api.vg_get_property(self._get(), _encode(name)))

    def setProperty(self, name: str, value: Union[int, str]) -> None:
        """Written at once. ValueError when the value is of another kind than the property."""
        now = _api.vg_get_property(self._get(), _encode(name))
        _property(now)
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError("A property is a number or a string")
        if now.is_string != isinstance(value, str):
            raise ValueError("Property requires string value" if isinstance(value, str)
                             else "Property requires numeric value")
        if isinstance(value, str):
            now.value.string = _encode(value)
        elif value < 0:
            raise ValueError("Property requires numeric value")
        else:
            now.value.integer = value
        _check(_api.vg_set_property(self._get(), _encode(name), ctypes.byref(now)))
        self._write()

    def listLVs(self) -> Tuple[Liblvm_lv, ...]:
        """All LVs, hidden ones too."""
        return tuple(Liblvm_lv(handle, self)
                     for handle in _contents(_api.vg_list_lvs(self._get())))

    def listPVs(self) -> Tuple[Liblvm_pv, ...]:
        """All PVs."""
        return tuple(Liblvm_pv(handle, self)
                     for handle in _contents(_api.vg_list_pvs(self._get())))

    def lvFromName(self, name: str) -> Liblvm_lv:
        """LibLVMError when there is none."""
        return Liblvm_lv(_found(_api.lv_from_name(self._get(), _encode(name))), self)

    def lvFromUuid(self, uuid: str) -> Liblvm_lv:
        """LibLVMError when there is none."""
        return Liblvm_lv(_found(_api.lv_from_uuid(self._get(), _encode(uuid))), self)

    def pvFromName(self, name: str) -> Liblvm_pv:
        """LibLVMError when there is none."""
        return Liblvm_pv(_found(_api.pv_from_name(self._get(), _encode(name))), self)

    def pvFromUuid(self, uuid: str) -> Liblvm_pv:
        """LibLVMError when there is none."""
        return Liblvm_pv(_found(_api.pv_from_uuid(self._get(), _encode(uuid))), self)

    def lvNameValidate(self, name: str) -> None:
        """LibLVMError when no new LV may have that name."""
        _check(_api.lv_name_validate(self._get(), _encode(name)))

    def createLvLinear(self, name: Optional[str], size: int) -> Liblvm_lv:
        """A linear LV of that many bytes, active; name None: lvol<N>."""
        return Liblvm_lv(_found(_api.vg_create_lv_linear(self._get(), _encode(name, True),
                                                         _number(size))), self)

    def createLvThinpool(self, name: str, size: int, chunk_size: int = 0, meta_size: int = 0,
                         discard: int = THIN_DISCARDS_PASSDOWN, skip_zero: int = 0) -> Liblvm_lv:
        """Not supported: raises LibLVMError."""
        params = _found(_api.lv_params_create_thin_pool(
            self._get(), _encode(name), _number(size), _number(chunk_size), _number(meta_size),
            discard))
        if skip_zero:
            value = _api.lv_params_get_property(params, b"skip_zero")
            value.value.integer = 1
            _check(_api.lv_params_set_property(params, b"skip_zero", ctypes.byref(value)))
        return Liblvm_lv(_found(_api.lv_create(params)), self)

    def createLvThin(self, pool_name: str, lv_name: str, size: int) -> Liblvm_lv:
        """Not supported: raises LibLVMError."""
        params = _found(_api.lv_params_create_thin(self._get(), _encode(pool_name),
                                                   _encode(lv_name), _number(size)))
        return Liblvm_lv(_found(_api.lv_create(params)), self)


# ---- functions of the module ----

def getVersion() -> str:
    """The library's version."""
    return os.fsdecode(_api.library_get_version())


def gc() -> None:
    """Close the library: all objects become stale, the next call opens it anew."""
    _Library.quit()


def vgOpen(name: str, mode: str = "r") -> Liblvm_vg:
    """Open a VG to read ("r") or to change it ("w")."""
    return Liblvm_vg(_found(_api.vg_open(_Library.get(), _encode(name), _encode(mode), 0)))


def vgCreate(name: str) -> Liblvm_vg:
    """A new VG, on disk with its first extend(); clustered when clvmd runs."""
    return Liblvm_vg(_found(_api.vg_create(_Library.get(), _encode(name))))


def configFindBool(path: str) -> bool:
    """A setting of lvm.conf; ValueError when it is not set."""
    found = _api.config_find_bool(_Library.get(), _encode(path), -10)
    if found == -10:
        raise ValueError("config path not found")
    return bool(found)


def configReload() -> None:
    """Read lvm.conf again."""
    _check(_api.config_reload(_Library.get()))


def configOverride(text: str) -> None:
    """Settings before those of lvm.conf; once."""
    _check(_api.config_override(_Library.get(), _encode(text)))


def scan() -> None:
    """Look at all devices."""
    _check(_api.scan(_Library.get()))


def listVgNames() -> Tuple[str, ...]:
    """Names of all VGs."""
    return _texts(_api.list_vg_names(_Library.get()))


def listVgUuids() -> Tuple[str, ...]:
    """Ids of all VGs, without dashes."""
    return _texts(_api.list_vg_uuids(_Library.get()))


def listPvs() -> Liblvm_pvlist:
    """A list of all PVs, which open() or `with` fills."""
    return Liblvm_pvlist()


class ClusterMember(NamedTuple):
    """A node of the cluster."""

    name: str
    node_id: int
    state: str  # as clvmd status says it
    is_local: bool
    takes_part: bool  # up, and in step with the others


class ClusterEvents(_Object):
    """What happens in the cluster, a dict for each event: first what clvmd still keeps, then each
    as it comes. Iterating waits; select() and the like take it for the descriptor it is."""

    _what = "Events"

    def __init__(self) -> None:
        super().__init__(_found(_api.cluster_events_open(_Library.get())))

    def __enter__(self) -> "ClusterEvents":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def fileno(self) -> int:
        """To be waited on, not to be read."""
        return int(_api.cluster_events_fd(self._get()))

    def next(self) -> Optional[Dict[str, Any]]:
        """One that has come already, or None."""
        line = _api.cluster_events_next(self._get())
        if line is not None:
            return dict(json.loads(line))
        _check(_api.errno(_Library.get()))
        return None

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        while True:
            event = self.next()
            if event is None:
                select.select([self], [], [])
            else:
                yield event

    def close(self) -> None:
        """End the subscription."""
        if self._handle is not None and self._generation == _Library.generation:
            _api.cluster_events_close(self._handle)
        self._handle = None


def clusterIsRunning() -> bool:
    """Does a clvmd answer on this node?"""
    return bool(_api.cluster_is_running(_Library.get()) > 0)


def clusterMembers() -> Tuple[ClusterMember, ...]:
    """All nodes of the cluster, as this one's clvmd sees them."""
    head, members = _found(_api.cluster_list_members(_Library.get())), []
    at = head.contents.next
    while ctypes.addressof(at.contents) != ctypes.addressof(head.contents):
        item = ctypes.cast(at, ctypes.POINTER(Member)).contents
        members.append(ClusterMember(os.fsdecode(item.name), item.node_id, os.fsdecode(item.state),
                                     bool(item.is_local), bool(item.takes_part)))
        at = item.list.next
    return tuple(members)


def clusterEvents() -> ClusterEvents:
    """Subscribe to what happens in the cluster."""
    return ClusterEvents()


def _set_parameters(params: int, values: Sequence[Tuple[bytes, int]]) -> None:
    for name, number in values:
        value = _api.pv_params_get_property(params, name)
        _property(value)
        value.value.integer = number
        _check(_api.pv_params_set_property(params, name, ctypes.byref(value)))


def pvCreate(name: str, size: int = 0, pvmetadatacopies: int = 1, pvmetadatasize: int = 255,
             data_alignment: int = 0, data_alignment_offset: int = 0, zero: int = 1) -> None:
    """Make a device a PV. Size in bytes (0: all of it), the other sizes in sectors of 512 bytes."""
    params = _found(_api.pv_params_create(_Library.get(), _encode(name)))
    _set_parameters(params, (
        (b"size", _number(size)), (b"pvmetadatacopies", _number(pvmetadatacopies)),
        (b"pvmetadatasize", _number(pvmetadatasize)),
        (b"data_alignment", _number(data_alignment)),
        (b"data_alignment_offset", _number(data_alignment_offset)), (b"zero", _number(zero))))
    _check(_api.pv_create_adv(params))


def pvRemove(name: str) -> None:
    """Wipe the label of a PV of no VG."""
    _check(_api.pv_remove(_Library.get(), _encode(name)))


def percentToFloat(value: int) -> float:
    """1000000 is one per cent."""
    return float(_api.percent_to_float(value))


def vgNameValidate(name: str) -> None:
    """LibLVMError when no new VG may have that name."""
    _check(_api.vg_name_validate(_Library.get(), _encode(name)))


def vgNameFromPvid(uuid: str) -> str:
    """The VG of a PV; "#orphans_lvm2" for none."""
    return _text_of(_api.vgname_from_pvid(_Library.get(), _encode(uuid)))


def vgNameFromDevice(path: str) -> str:
    """The same by device."""
    return _text_of(_api.vgname_from_device(_Library.get(), _encode(path)))
