// How every scenario alerts, and whether alerts are right: what there is after each signal, who was
// told, and that in the end everybody knows what is so.
#pragma once

#include "processors/alert/config.h"
#include "tests/sim/outcome.h"

namespace weir::sim {

/// Of two receivers, with waits and bounds that a scenario reaches.
alert::Config alert_config_of(const Scenario& scenario);

/// What somebody may say who looks at the log: of an alert, that they take it on, or that nobody is
/// to be told; of a silence, that it ends.
v1::Signal say_something(Random& random, TimeUs now, const runtime::Reader& log);

/// Tells each difference to `wrong`.
void check_alerts(const Scenario& scenario, const Outcome& outcome, const Wrong& wrong);

}  // namespace weir::sim
