// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/port_sweep.hpp>

/// What single ports of a sweep mean among their neighbours.
namespace lkdoctor::probes::sweep {

/// Puts it behind the others, or into the last of them where it goes on.
void append(std::vector<SweptInterval>& all, SweptInterval one);

/// In order: a few ports that lost each of their datagrams among ports that came further did come further;
/// and where somebody else on the responder's host has most of a silent run, the run was not tested.
std::vector<SweptInterval> settled(std::vector<SweptInterval> all);

}  // namespace lkdoctor::probes::sweep
