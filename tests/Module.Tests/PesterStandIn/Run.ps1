# Runs a block that was discovered. Every & is a scope: a block's BeforeAll sets what its tests and the blocks in it see;
# a test's BeforeEach, body and AfterEach share one. A do-loop around users' code catches a stray break or continue.
# The names are odd so that no variable of a test is one of them.
param($______state, $______block)

$______runTest = {
    param($______state, $______test)
    try {
        $______state.EnterTest($______test, $ExecutionContext)
        foreach ($______step in $______test.Steps) {
            $______arguments = $______test.ArgumentsFor($______step)
            $null = . $______step @______arguments
            $______test.StepDone()
        }
    }
    catch { $______test.Fail($_) }
    finally {
        foreach ($______step in $______test.Teardowns) {
            try {
                $null = . $______step
                $______test.StepDone()
            }
            catch { $______test.Fail($_) }
        }
        $______state.LeaveTest($______test)
    }
}

$______runBlock = {
    param($______state, $______block)
    try {
        $______state.EnterBlock($______block, $ExecutionContext)
        do {
            if ($______block.BeforeAll) { $null = . $______block.BeforeAll }
            $______block.IsSetUp = $true
        } while ($false)
        if ($______block.IsSetUp) {
            foreach ($______child in $______block.Runnable) {
                if ($______child.GetType().Name -eq 'PesterBlock') { & $______runBlock $______state $______child }
                else { & $______runTest $______state $______child }
            }
        }
    }
    catch { $______block.FailSetup($_) }
    finally {
        if ($______block.AfterAll) {
            try {
                do {
                    $null = . $______block.AfterAll
                    $______block.IsTornDown = $true
                } while ($false)
            }
            catch { $______block.FailTeardown($_) }
        }
        $______state.LeaveBlock($______block)
    }
}

& $______runBlock $______state $______block
