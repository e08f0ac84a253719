# SPDX-License-Identifier: LGPL-2.1-or-later
"""What lies under the module lvm: liblvm2app by ctypes. Not an interface for programs."""
from __future__ import annotations

import ctypes
import os
from typing import Any

_LIBRARY = "liblvm2app.so.2.2"


class Property(ctypes.Structure):
    """struct lvm_property_value: flags in the order of their bits, and one value of three kinds."""

    class _Value(ctypes.Union):
        _fields_ = [("string", ctypes.c_char_p), ("integer", ctypes.c_uint64),
                    ("signed_integer", ctypes.c_int64)]

    _fields_ = [("is_settable", ctypes.c_uint32, 1), ("is_string", ctypes.c_uint32, 1),
                ("is_integer", ctypes.c_uint32, 1), ("is_valid", ctypes.c_uint32, 1),
                ("is_signed", ctypes.c_uint32, 1), ("padding", ctypes.c_uint32, 27),
                ("value", _Value)]


class List(ctypes.Structure):
    """struct dm_list. Each item begins with one; a pointer to the object or text follows it."""


List._fields_ = [("next", ctypes.POINTER(List)), ("previous", ctypes.POINTER(List))]


class Item(ctypes.Structure):
    _fields_ = [("list", List), ("content", ctypes.c_void_p)]


class Member(ctypes.Structure):
    """lvm_cluster_member_list_t"""
    _fields_ = [("list", List), ("name", ctypes.c_char_p), ("state", ctypes.c_char_p),
                ("node_id", ctypes.c_uint32), ("is_local", ctypes.c_uint32, 1),
                ("takes_part", ctypes.c_uint32, 1)]


_handle, _text, _u64, _int = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_int
_list = ctypes.POINTER(List)

_PROTOTYPES = {
    "library_get_version": (_text,),
    "init": (_handle, _text),
    "quit": (None, _handle),
    "errno": (_int, _handle),
    "errmsg": (_text, _handle),
    "config_reload": (_int, _handle),
    "config_override": (_int, _handle, _text),
    "config_find_bool": (_int, _handle, _text, _int),
    "scan": (_int, _handle),
    "percent_to_float": (ctypes.c_float, ctypes.c_int32),
    "list_vg_names": (_list, _handle),
    "list_vg_uuids": (_list, _handle),
    "vgname_from_pvid": (_text, _handle, _text),
    "vgname_from_device": (_text, _handle, _text),
    "vg_name_validate": (_int, _handle, _text),
    "vg_open": (_handle, _handle, _text, _text, ctypes.c_uint32),
    "vg_create": (_handle, _handle, _text),
    "vg_close": (_int, _handle),
    "vg_write": (_int, _handle),
    "vg_remove": (_int, _handle),
    "vg_extend": (_int, _handle, _text),
    "vg_reduce": (_int, _handle, _text),
    "vg_set_extent_size": (_int, _handle, ctypes.c_uint32),
    "vg_add_tag": (_int, _handle, _text),
    "vg_remove_tag": (_int, _handle, _text),
    "vg_get_tags": (_list, _handle),
    "vg_get_property": (Property, _handle, _text),
    "vg_set_property": (_int, _handle, _text, ctypes.POINTER(Property)),
    "vg_list_lvs": (_list, _handle),
    "vg_list_pvs": (_list, _handle),
    "vg_create_lv_linear": (_handle, _handle, _text, _u64),
    "vg_remove_lv": (_int, _handle),
    "lv_name_validate": (_int, _handle, _text),
    "lv_from_name": (_handle, _handle, _text),
    "lv_from_uuid": (_handle, _handle, _text),
    "pv_from_name": (_handle, _handle, _text),
    "pv_from_uuid": (_handle, _handle, _text),
    "lv_get_property": (Property, _handle, _text),
    "lv_activate": (_int, _handle),
    "lv_deactivate": (_int, _handle),
    "lv_rename": (_int, _handle, _text),
    "lv_resize": (_int, _handle, _u64),
    "lv_snapshot": (_handle, _handle, _text, _u64),
    "lv_add_tag": (_int, _handle, _text),
    "lv_remove_tag": (_int, _handle, _text),
    "lv_get_tags": (_list, _handle),
    "lv_list_lvsegs": (_list, _handle),
    "lvseg_get_property": (Property, _handle, _text),
    "lv_params_create_thin_pool": (_handle, _handle, _text, _u64, ctypes.c_uint32, _u64, _int),
    "lv_params_create_thin": (_handle, _handle, _text, _text, _u64),
    "lv_params_get_property": (Property, _handle, _text),
    "lv_params_set_property": (_int, _handle, _text, ctypes.POINTER(Property)),
    "lv_create": (_handle, _handle),
    "list_pvs": (_list, _handle),
    "list_pvs_free": (_int, _list),
    "pv_params_create": (_handle, _handle, _text),
    "pv_params_get_property": (Property, _handle, _text),
    "pv_params_set_property": (_int, _handle, _text, ctypes.POINTER(Property)),
    "pv_create_adv": (_int, _handle),
    "pv_remove": (_int, _handle, _text),
    "pv_get_property": (Property, _handle, _text),
    "pv_list_pvsegs": (_list, _handle),
    "pvseg_get_property": (Property, _handle, _text),
    "pv_resize": (_int, _handle, _u64),
}
_PROTOTYPES.update({
    "cluster_is_running": (_int, _handle),
    "cluster_list_members": (_list, _handle),
    "cluster_lv_list_nodes": (_list, _handle),
    "cluster_lv_is_exclusive": (_int, _handle),
    "cluster_lv_activate_exclusive": (_int, _handle),
    "cluster_lv_activate_local": (_int, _handle),
    "cluster_lv_deactivate_local": (_int, _handle),
    "cluster_events_open": (_handle, _handle),
    "cluster_events_fd": (_int, _handle),
    "cluster_events_next": (_text, _handle),
    "cluster_events_close": (_int, _handle),
})
_TEXTS = ("vg_get_uuid", "vg_get_name", "lv_get_uuid", "lv_get_name", "lv_get_attr", "lv_get_origin",
          "pv_get_uuid", "pv_get_name")
_NUMBERS = ("vg_get_seqno", "vg_get_size", "vg_get_free_size", "vg_get_extent_size",
            "vg_get_extent_count", "vg_get_free_extent_count", "vg_get_pv_count", "vg_get_max_pv",
            "vg_get_max_lv", "vg_is_clustered", "vg_is_exported", "vg_is_partial", "lv_get_size",
            "lv_is_active", "lv_is_suspended", "pv_get_mda_count", "pv_get_dev_size",
            "pv_get_size", "pv_get_free")
_PROTOTYPES.update({_name: (_text, _handle) for _name in _TEXTS})
_PROTOTYPES.update({_name: (_u64, _handle) for _name in _NUMBERS})


class Api:
    """The functions of the library, without their prefix lvm_."""

    def __init__(self) -> None:
        library = ctypes.CDLL(os.environ.get("CLVM_LIBLVM2APP", _LIBRARY))
        for name, (result, *arguments) in _PROTOTYPES.items():
            function = getattr(library, f"lvm_{name}")
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)


api: Any = Api()
