BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 3 -Port 5300 -Protocol Tcp
    $null = New-ReuseportGroup dns -SlotCount 2 -Port 5353 -Protocol Udp
}

Describe 'Test-ReuseportGroup' {
    It 'finds nothing in a group that is as it should be' {
        $test = Test-ReuseportGroup web
        $test.Group | Should -Be 'web'
        $test.Passed | Should -BeTrue
        $test.Severity | Should -BeNullOrEmpty
        $test.Findings | Should -BeNullOrEmpty
    }

    It 'says what the backend cannot tell' {
        (Test-ReuseportGroup web).NotChecked | Should -Match 'Who serves'
    }

    It 'tests all groups without a name, and takes groups from the pipeline' {
        (Test-ReuseportGroup).Group | Should -Be @('dns', 'web')
        (Get-ReuseportGroup d* | Test-ReuseportGroup).Group | Should -Be 'dns'
    }

    It 'answers with a bool' {
        Test-ReuseportGroup -Quiet | Should -Be $true
        Test-ReuseportGroup none* -Quiet | Should -Be $false
    }

    It 'reports a group that there is not' {
        { Test-ReuseportGroup none -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound*'
        Test-ReuseportGroup none -Quiet -ErrorAction SilentlyContinue | Should -Be $false
    }

    It 'finds an empty seat and the member that has none' {
        $null = Clear-SocketSlot dns 1
        $test = Test-ReuseportGroup dns
        $test.Passed | Should -BeFalse
        $test.Findings.Code | Should -Contain 'RPS5340'
        ($test.Findings | Where-Object Code -EQ 'RPS5349').Slot | Should -Be 1
        ($test.Findings | Where-Object Code -EQ 'RPS5340').Remedy | Should -Match 'Set-SocketSlot dns'
        foreach ($finding in $test.Findings) {
            $finding.Evidence | Should -Not -BeNullOrEmpty
            $finding.WhyItMatters | Should -Not -BeNullOrEmpty
            $finding.Remedy | Should -Not -BeNullOrEmpty
        }
    }

    It 'finds that draining loses connections without migration' {
        $null = Set-SteeringPolicy web (New-SteeringPolicy @{ by = 'hash' } -Name spread)
        $null = Suspend-SocketSlot web 2
        $finding = (Test-ReuseportGroup web).Findings
        $finding.Code | Should -Be 'RPS5362'
        $finding.Slot | Should -Be 2
        $finding.Severity | Should -Be 'Warning'
        Test-ReuseportGroup web -Quiet | Should -Be $false
    }

    It 'tests the groups of a port' {
        $tests = Test-ReuseportGroup -Port 5300 -Protocol Tcp
        $tests.Group | Should -Be 'web'
    }

    It 'reports a port at which nobody listens' {
        { Test-ReuseportGroup -Port 5301 -ErrorAction Stop } | Should -Throw -ErrorId 'SocketNotFound*'
    }

    It 'refuses a time that is none' {
        { Test-ReuseportGroup web -SampleTime 0 } | Should -Throw
    }
}
