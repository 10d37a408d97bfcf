BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'Test-ReuseportEnvironment' {
    It 'finds that the simulator needs nothing' {
        $checks = @(Test-ReuseportEnvironment)
        $checks.Count | Should -BeGreaterThan 0
        $checks | Where-Object Passed -EQ $false | Should -BeNullOrEmpty
        $checks[0].Backend | Should -Be 'Simulator'
    }

    It 'answers with a bool when asked to be quiet' {
        Test-ReuseportEnvironment -Quiet | Should -BeOfType bool
        Test-ReuseportEnvironment -Quiet | Should -BeTrue
    }
}
