// Random predicates over random events, against a naive evaluator.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "processors/predicates/predicate.h"
#include "tests/predicates/naive.h"

namespace weir::predicates {
namespace {

TEST(PredicateProperty, AnswersAsTheNaiveOneDoes) {
  EXPECT_TRUE(rc::check([] {
    const Naive naive = any_naive(4);
    const auto predicate = Predicate::parse(naive.spell());
    RC_ASSERT(predicate.has_value());
    std::vector<events::EventRow> rows;
    for (int n = *rc::gen::inRange(1, 40); n > 0; --n) rows.push_back(any_row());
    events::EventColumns columns;
    for (const events::EventRow& row : rows) columns.append(row);
    Predicate::Scratch scratch;
    Mask out;
    predicate->evaluate(columns, scratch, out);
    for (std::size_t i = 0; i < rows.size(); ++i)
      RC_ASSERT((out[i] != 0) == naive.matches(rows[i]));
  }));
}

TEST(PredicateProperty, IsReadBackFromItsText) {
  EXPECT_TRUE(rc::check([] {
    const auto predicate = Predicate::parse(any_naive(3).spell());
    RC_ASSERT(predicate.has_value());
    RC_ASSERT(Predicate::parse(predicate->text())->text() == predicate->text());
  }));
}

}  // namespace
}  // namespace weir::predicates
