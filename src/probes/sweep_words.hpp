// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/sweep_judge.hpp>

/// What the judges of a sweep share.
namespace lkdoctor::probes::sweep {

/// Ports by state, and what is told of the blocked ones.
struct Tally {
  std::uint32_t open = 0, blocked = 0, rewritten = 0, in_use = 0, untested = 0;
  std::uint32_t otherwise = 0;  ///< blocked with another fate
  int arrived = 0, refused = 0;
};
Tally tally_of(const PortSweep& sweep);

/// Of what is blocked: where on its way it ends.
enum class Fate { lost_inwards, lost_at_host, lost_on_the_way_back, not_told };
/// The sweep with the blocked intervals of one fate; the state of others is another one.
PortSweep of_fate(PortSweep sweep, Fate fate);

/// Sessions whose port is among the blocked ones fail, and others were lucky: a failure, unless something
/// else is seen to carry them.
Severity grade(const PortSweep& sweep, const SweptBeside& beside);
/// Where LiveKit sends its clients: as it said itself, else as its file says.
std::vector<std::string> media_addresses(const SweptBeside& beside);
/// What of it lies in LiveKit's range, and what does not: a responder may serve more.
struct Parts {
  PortSweep own, beyond;
};
Parts parted(const PortSweep& sweep, const std::optional<PortRange>& range);
/// Some of the blocked ones have this for a reason.
bool any_blocked(const PortSweep& sweep, std::string_view why);
/// A host that LiveKit's address is its own would have seen it come, had it come.
bool never_came(const PortSweep& sweep);
/// What may have dropped the blocked ones: "provider firewall and router".
std::string_view walls_of(const PortSweep& sweep);
/// "20000-20999, 22000" of one state.
std::string words_for(const std::vector<SweptInterval>& all, std::string_view state);
std::string whole_range(const PortSweep& sweep);
/// Where on its way a datagram is lost, as far as the responder told: "is dropped on the way in".
std::string_view where_lost(const PortSweep& sweep, const Tally& tally, bool several = false);
/// Blocked ports that are more than one interval: words of them are in the plural.
bool is_several(const PortSweep& sweep);
void add_proof(const PortSweep& sweep, const Tally& tally, Finding& finding);
void add_origin(const Deployment& deployment, Finding& finding);
/// Of answers that do not come back: whether their own host drops them.
std::string_view kept_words(const PortSweep& sweep);
void name_way_out(const PortSweep& sweep, Finding& finding);

}  // namespace lkdoctor::probes::sweep
