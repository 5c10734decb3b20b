"""Mutation tests: how many small mistakes in the core rules do the tests without servers notice?

Why a runner of our own: mutmut 3 puts a trampoline in place of each function and switches between its variants, which
fits neither frozen, slotted dataclasses nor folds that a decorator turns into objects at module level; and here one
needs to leave out the tests that want servers, and to run for each mutant only those that execute its line.
"""
