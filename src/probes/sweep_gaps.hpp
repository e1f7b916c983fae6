// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/port_sweep.hpp>

/// What a sweep did not test, and why.
namespace lkdoctor::probes::sweep {

/// Ports that this run did not ask, or asked in vain, are no evidence: words, and what would show them.
void tell_untested(const PortSweep& sweep, Judgement& judgement);

/// Blocked ports that LiveKit does not take harm nobody.
void tell_beyond(const PortSweep& beyond, Judgement& judgement);

/// Neither open nor blocked: untested, or somebody else's and silent to the sessions of this run.
std::uint32_t untold_ports(const PortSweep& sweep, const Facts& facts);

/// All ports from the first to the last were told, as open or blocked.
bool is_told(const PortSweep& sweep);

}  // namespace lkdoctor::probes::sweep
